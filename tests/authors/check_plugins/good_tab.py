"""A tab that refuses what is wrong with a sentence."""

import math
from collections.abc import Iterator

import gradio as gr
import numpy as np

from host import UserError
from host.ui import ImageInput


def build(backend) -> None:
    picture = ImageInput(label="Picture")
    text = gr.Textbox(label="Text")
    number = gr.Number(3, label="Number")
    answer = gr.Textbox(label="Answer")
    gr.Examples([["hello"], ["there"]], [text])

    def good_progress(text: str, progress=gr.Progress()) -> str:  # noqa: B008
        """Gradio's own way to show progress."""
        progress(0.5)
        return text

    gr.Button().click(good_progress, text, answer, api_name="good_progress")

    def good_brightness(picture: np.ndarray | None) -> str:
        """Mean brightness of a picture, 0 to 255."""
        if picture is None:
            raise UserError("Please give a picture.")
        return f"{backend.brightness(picture):.1f}"

    def good_repeat(text: str, number: float | None) -> str:
        """Repeat a text.

        Args:
            text: what to repeat.
            number: how often, 1 to 9.
        """
        if number is None or not math.isfinite(number) or not 1 <= number <= 9:
            raise UserError("Please give a number from 1 to 9.")
        if not text or len(text) > 100:
            raise UserError("Please give a text of 1 to 100 characters.")
        return backend.repeat(text, int(number))

    def good_count() -> Iterator[str]:
        """Count for a minute, ten numbers a second."""
        for number in backend.count():
            yield str(number)

    def good_secret(text: str) -> str:
        """Refuse everybody."""
        raise UserError("Only on Sundays.")

    gr.Button().click(good_brightness, picture, answer, api_name="good_brightness")
    gr.Button().click(good_repeat, [text, number], answer, api_name="good_repeat")
    gr.Button().click(good_count, None, answer, api_name="good_count")
    gr.Button().click(good_secret, text, answer, api_name="good_secret")
    number.change(lambda n: str(n), number, answer)
