"""What Gradio finds wrong with what a client sends, in sentences."""

from __future__ import annotations

import errno
import logging
import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.block_function import BlockFunction
from gradio.utils import get_upload_folder

from host import caller

log = logging.getLogger("host.complaints")

_NAMED = 12  # choices that a sentence lists
_LARGEST = 2**53  # up to which a browser counts exactly
_LONGEST = 60  # characters of a label or a choice in a sentence
_LONGEST_PATH = 4000  # bytes
_PICTURES = (gr.Image, gr.ImageSlider)
_FILES = (gr.File, gr.UploadButton, gr.Gallery, gr.Audio, gr.Video)
FULL = "There is no room for files on this server at the moment; please try again later."
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_CHOICES = (gr.Dropdown, gr.Radio, gr.CheckboxGroup)


def count(function: BlockFunction, values: Any) -> None:
    """Raises gr.Error unless there is one value for each input."""
    wanted = function.inputs
    if function.cancels or (isinstance(values, list) and len(values) == len(wanted)):
        return
    named = [block for block in wanted if not isinstance(block, gr.State)]
    labels = f" ({', '.join(_label(block) for block in named)})" if named else ""
    came = f"{len(values)} came" if isinstance(values, list) else "no list came"
    listed = labels if len(named) <= _NAMED else ""
    raise _error(f"This takes {len(named)} values{listed}; {came}.")


def check(block: Any, value: Any) -> None:
    """Raises gr.Error for a value of a kind that Gradio would let through to the plugin."""
    if isinstance(value, str) and not _is_text(value):
        raise about(block, "a text without broken characters")
    if not isinstance(block, gr.JSON) and _names_other_files(value):
        raise about(block)
    if isinstance(block, gr.Dataset):
        rows = len(block.raw_samples or ())
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < rows:
            raise about(block, f"the number of an example, from 0 to {rows - 1}")
    elif isinstance(block, (gr.Slider, gr.Number)):
        missing = value is None and isinstance(block, gr.Number)  # an empty field
        if not missing and not _is_number(value):
            raise about(block)
    elif isinstance(block, gr.Checkbox):
        if not isinstance(value, bool):
            raise about(block)
    elif isinstance(block, gr.Textbox):
        if not isinstance(value, (str, type(None))):
            raise about(block)
    elif isinstance(block, _CHOICES):
        several = isinstance(block, gr.CheckboxGroup) or getattr(block, "multiselect", False)
        each = value if several and isinstance(value, list) else [value]
        if not all(isinstance(one, (str, int, float, bool, type(None))) for one in each):
            raise about(block)


def check_files(block: Any, value: Any) -> None:
    """Raises gr.Error for a file that is not, or no longer, there; it was found to be allowed."""
    if isinstance(value, dict):
        path = value.get("path")
        if isinstance(path, str) and value.get("meta") and not Path(path).is_file():
            raise _error(f"The file for “{_label(block)}” is no longer here: please send it again.")
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            if isinstance(each, (dict, list)):
                check_files(block, each)


def about(block: Any, due: str | None = None) -> gr.Error:
    """A value is not what this input takes."""
    return _error(f"“{_label(block)}” takes {due or _due(block)}.")


def wrong_event(error: Exception | None = None) -> gr.Error:
    """What a client says of an event, besides its inputs, is not so. error: Gradio's, if any."""
    log.info("refused: an event that is none (%s)", type(error).__name__)
    text = "This event came without what belongs to it."
    return gr.Error(text, title="This input", print_exception=False)


def our_fault(title: str, what: str) -> gr.Error:
    """Log the exception being handled; what the visitor reads instead."""
    if is_full(error := sys.exc_info()[1]):
        log.error("%s of %s: %s", what, title, error)
        return gr.Error(FULL, title=title, print_exception=False)
    with caller.acting_for(who := caller.Caller()):
        log.exception("%s of %s failed", what, title)
    text = f"Something went wrong in {title} (call {who.id})."
    return gr.Error(text, title=title, print_exception=False)


def is_full(error: BaseException | None) -> bool:
    """Also where Gradio raises an error of its own because of it."""
    if isinstance(error, OSError):
        return error.errno in _NO_ROOM
    return error is not None and is_full(error.__cause__)


def _error(sentence: str) -> gr.Error:
    log.info("refused: %s", sentence)
    return gr.Error(sentence, title="This input", print_exception=False)


def _label(block: Any) -> str:
    return short(getattr(block, "label", None) or block.get_block_name())


def short(text: Any) -> str:
    return str(text) if len(str(text)) <= _LONGEST else f"{str(text)[:_LONGEST]}…"


def _due(block: Any) -> str:
    if isinstance(block, (gr.Slider, gr.Number)):
        low, high = block.minimum, block.maximum
        if low is not None and high is not None:
            return f"a number from {low:g} to {high:g}"
        if low is not None or high is not None:
            return f"a number of at {'least' if low is not None else 'most'} {low or high or 0:g}"
        return "a number"
    if isinstance(block, gr.Checkbox):
        return "true or false"
    if isinstance(block, _CHOICES) and not getattr(block, "allow_custom_value", False):
        return _listed([value for _, value in block.choices])
    if isinstance(block, (gr.ImageEditor, gr.Sketchpad, gr.Paint)):
        return "a drawing, as the page sends it"
    if isinstance(block, _PICTURES):
        return "a picture that was uploaded here"
    if isinstance(block, _FILES):
        return "a file that was uploaded here"
    if isinstance(block, (gr.Textbox, gr.Dropdown)):
        return "a text"
    return "another kind of value"


def _listed(choices: Sequence[Any]) -> str:
    if not choices:
        return "nothing yet: there is no choice so far"
    if len(choices) > _NAMED:
        return f"one of its {len(choices)} choices"
    return "one of: " + ", ".join(short(choice) for choice in choices)


def _names_other_files(value: Any) -> bool:
    """Whether there is a file in it that nobody uploaded. Gradio looks at some of them only."""
    if isinstance(value, dict):
        path, url = value.get("path"), value.get("url")
        inline = isinstance(url, str) and url.startswith("data:")
        if isinstance(path, str) and path and not inline:
            folder = Path(get_upload_folder()).resolve()
            if "\0" in path or len(os.fsencode(path)) > _LONGEST_PATH:
                return True
            there = Path(path).resolve()
            if not there.is_relative_to(folder) or there.is_dir():
                return True
        value = list(value.values())
    return isinstance(value, list) and any(_names_other_files(each) for each in value)


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(float(value)) and abs(value) <= _LARGEST
    except OverflowError:
        return False


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
