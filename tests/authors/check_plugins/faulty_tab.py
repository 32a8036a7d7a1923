import math
import time
from collections.abc import Iterator

import gradio as gr

from host import UserError


def build(backend) -> None:
    text = gr.Textbox(label="Text")
    whole = gr.Textbox("7", label="Whole number")
    number = gr.Number(4, label="Number")
    answer = gr.Textbox(label="Answer")

    def faulty_backend_fails(text: str) -> str:
        """Fails in the worker."""
        return backend.fail(text)

    def faulty_tab_fails(text: str) -> str:
        """Fails in the web process."""
        return {}[text]

    def faulty_digits(whole: str) -> str:
        """Adds one to a whole number, and trusts that it is one."""
        return str(backend.next(whole))

    def faulty_root(number: float | None) -> str:
        """Square root, which has no answer to NaN: it counts on the host."""
        if number is None or number < 0 or number > 1e6:
            raise UserError("Please give a number from 0 to 1,000,000.")
        return str(math.isqrt(round(number)))

    def faulty_lock() -> str:
        """Asks for what cannot travel."""
        return str(backend.lock())

    def faulty_stubborn() -> Iterator[str]:
        """Streams, with long steps."""
        for number in backend.stubborn():
            yield str(number)

    def faulty_crash() -> str:
        """Crashes its worker."""
        return backend.crash()

    def faulty_endless() -> str:
        """Never answers."""
        while True:
            time.sleep(0.1)

    for function, inputs in (
        (faulty_backend_fails, text),
        (faulty_tab_fails, text),
        (faulty_digits, whole),
        (faulty_root, number),
        (faulty_lock, None),
        (faulty_stubborn, None),
        (faulty_crash, None),
        (faulty_endless, None),
    ):
        gr.Button().click(function, inputs, answer, api_name=function.__name__)
