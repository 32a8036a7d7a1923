"""A third-party plugin for the tests of the page: adds, counts, fails and dies on request."""

import os
import time

import gradio as gr
import numpy as np

from host import Context, Plugin, UserError, hookimpl
from host.ui import ImageInput


@hookimpl
def register_plugins(register):
    register(
        Plugin(
            name="demo",
            title="Demo",
            tab="demo_plugin:build",
            backend="demo_plugin:DemoBackend",
            description="A plugin for tests.",
            version="1.2",
        )
    )


class DemoBackend:
    def __init__(self, context: Context) -> None:
        pass

    def brightness(self, picture: np.ndarray) -> float:
        return float(picture.mean())

    def count(self, n: int):
        for number in range(n):
            time.sleep(0.05)
            yield number

    def fail(self) -> None:
        raise ZeroDivisionError("a secret path /root/key")

    def pid(self) -> int:
        return os.getpid()

    def die(self) -> None:
        time.sleep(0.5)
        os._exit(1)


def build(backend) -> None:
    picture = ImageInput(label="Picture")
    number = gr.Number(5, label="Number")
    answer = gr.Textbox(label="Answer")

    def brightness(picture: np.ndarray | None) -> str:
        """Mean brightness of a picture, 0 to 255."""
        if picture is None:
            raise UserError("Please give a picture.")
        return f"{backend.brightness(picture):.1f} of {picture.shape}"

    def count(n: float):
        """Count to n, slowly."""
        last = "nothing"
        for last in backend.count(int(n)):
            yield str(last)
        yield f"ended at {last}"

    def fail() -> str:
        """Fail."""
        return backend.fail()

    def fail_in_the_tab() -> str:
        """Fail in the web process."""
        raise KeyError("a secret path /root/key")

    def pid() -> str:
        """Process id of the worker."""
        return str(backend.pid())

    def die() -> str:
        """End the worker in mid-call."""
        return backend.die()

    gr.Button("Brightness").click(brightness, picture, answer, api_name="demo_brightness")
    gr.Button("Count").click(count, number, answer, api_name="demo_count")
    gr.Button("Stop").click(backend.cancel, queue=False)
    gr.Button("Fail").click(fail, None, answer, api_name="demo_fail")
    gr.Button("Fail here").click(fail_in_the_tab, None, answer, api_name="demo_fail_here")
    gr.Button("Pid").click(pid, None, answer, api_name="demo_pid")
    gr.Button("Die").click(die, None, answer, api_name="demo_die")
    number.change(lambda n: str(n), number, answer)
