"""The choice of what to learn from, shared by Learn and Classify pairs."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from host import UserError
from host.ui import QUIET

DIGITS, PEOPLE = "digits", "people"


def source_inputs() -> tuple[gr.Radio, gr.File]:
    """Writes the choice and the upload."""
    source = gr.Radio(
        [
            ("Handwritten digits (offline)", DIGITS),
            ("My people (zip with a folder for each person)", PEOPLE),
        ],
        value=DIGITS,
        label="Learn from",
        info="Four people with two pictures each at least; ten or more of both are better.",
    )
    archive = gr.File(label="Zip", file_types=[".zip"], height=110, visible=False)
    source.change(
        lambda chosen: gr.File(visible=chosen == PEOPLE),
        source,
        archive,
        queue=False,
        **QUIET,
    )
    return source, archive


def read_archive(source: str, archive: str | None) -> bytes | None:
    """The uploaded zip, or None for the digits. Raises UserError when it is missing."""
    if source == DIGITS:
        return None
    if source != PEOPLE:
        raise UserError(f'Learn from "{DIGITS}" or "{PEOPLE}".')
    if not archive:
        raise UserError("Please add a zip with a folder of pictures for each person.")
    try:
        return Path(archive).read_bytes()
    except OSError as error:
        raise UserError("This file cannot be read; please upload it again.") from error
