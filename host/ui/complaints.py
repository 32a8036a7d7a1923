"""What Gradio finds wrong with what a client sends, in sentences."""

from __future__ import annotations

import errno
import logging
import math
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.block_function import BlockFunction
from gradio.route_utils import FnIndexInferError
from gradio.utils import get_upload_folder
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from host import caller

log = logging.getLogger("host.complaints")

_NAMED = 12  # choices that a sentence lists
_LARGEST = 2**53  # up to which a browser counts exactly
_LONGEST = 60  # characters of a label or a choice in a sentence
_LONGEST_PATH = 4000  # bytes
_DIRECT = re.compile(r"/gradio_api/(run|api)/")
_CALLS = ("/queue/", "/call/", "/run/", "/api/", "/component_server")
_PICTURES = (gr.Image, gr.ImageSlider)
_FILES = (gr.File, gr.UploadButton, gr.Gallery, gr.Audio, gr.Video)
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_FULL = "There is no room for files on this server at the moment; please try again later."
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
    if _is_full(error := sys.exc_info()[1]):
        log.error("%s of %s: %s", what, title, error)
        return gr.Error(_FULL, title=title, print_exception=False)
    with caller.acting_for(who := caller.Caller()):
        log.exception("%s of %s failed", what, title)
    text = f"Something went wrong in {title} (call {who.id})."
    return gr.Error(text, title=title, print_exception=False)


def _error(sentence: str) -> gr.Error:
    log.info("refused: %s", sentence)
    return gr.Error(sentence, title="This input", print_exception=False)


def _label(block: Any) -> str:
    return _short(getattr(block, "label", None) or block.get_block_name())


def _short(text: Any) -> str:
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
    return "one of: " + ", ".join(_short(choice) for choice in choices)


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


class Answered:
    """ASGI middleware that answers for what Gradio's routes raise.

    A client's mistake is told in a sentence; everything else is logged in full and told apart from
    it by a call id.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False
        direct = _DIRECT.match(scope.get("path", ""))

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            if direct and message.get("status") == 500:  # Gradio's for every gr.Error: a sentence
                message["status"] = 400
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception as error:
            if scope["type"] != "http":
                raise
            answer = _answer(scope.get("path", ""), error)
            if not begun:
                await answer(scope, receive, send)


def _answer(path: str, error: Exception) -> Response:
    """Of 404 or 400 for a client's mistake, else of 500."""
    called = any(part in path for part in _CALLS)
    if isinstance(error, FnIndexInferError) or (called and isinstance(error, KeyError)):
        return _json(404, "There is no such event here.")
    if called and isinstance(error, (TypeError, ValueError, AttributeError, RecursionError)):
        return _json(400, "This is not a call that can be answered.")
    if _is_full(error):
        log.error("%s: %s", path.split("?")[0], error)
        return _json(507, _FULL)
    with caller.acting_for(who := caller.Caller()):
        log.error("%s failed", path.split("?")[0], exc_info=error)
    return _json(500, f"Something went wrong (call {who.id}).")


def _is_full(error: BaseException | None) -> bool:
    """Also where Gradio raises an error of its own because of it."""
    if isinstance(error, OSError):
        return error.errno in _NO_ROOM
    return error is not None and _is_full(error.__cause__)


def malformed(request: Request, error: Exception) -> Response:
    """For FastAPI's RequestValidationError: which field is wrong, without what was sent."""
    first: dict[str, Any] = next(iter(getattr(error, "errors", list)()), {})
    where = ".".join(str(part) for part in first.get("loc", ())[1:])
    if first.get("type") == "json_invalid":
        return _json(422, "This is not JSON.")
    return _json(422, f"{_short(where) or 'The request'}: {first.get('msg', 'it is malformed')}.")


def _json(status: int, sentence: str) -> Response:
    log.info("refused: %s", sentence)
    return JSONResponse({"detail": sentence}, status)
