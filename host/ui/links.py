"""Links that open a tab in a given state: ``?tab=gan/generate&digits=2026``.

``tab`` names the tabs from the outside in, by what they say: in small letters, with ``-`` for what
is no letter or digit. Every other name is a parameter of an API event whose control is in that tab.
The page's address follows the visitor's tabs, so what the browser shows can be sent to others.

All of it happens in the browser; values reach an event like those that a visitor enters.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.blocks import Block

_SCRIPT = Path(__file__).with_suffix(".js")
_CHOICES = (gr.Dropdown, gr.Radio)
_NUMBERS = (gr.Number, gr.Slider)
_LINKED = (*_CHOICES, *_NUMBERS, gr.Checkbox, gr.Textbox)


def add(page: gr.Blocks) -> None:
    """Make them work, for all tabs of a page that is otherwise built; call it inside the page.

    What is in a tab that is loaded anew when its files change (``--reload``) is not the page's to
    keep: a link opens the tab and no more.
    """
    outputs: list[Any] = []
    targets: list[dict[str, Any]] = []
    for block in list(page.blocks.values()):
        if isinstance(block, gr.Tabs) and block.rendered_in is None:
            tabs: dict[str, Any] = {}
            for tab in block.children:
                if isinstance(tab, gr.Tab):
                    word = _word(tab.label)
                    if tab.id is None and word and word not in tabs:  # or it keeps Gradio's own id
                        tab.id = word
                    if tab.id is not None:
                        tabs.setdefault(word, tab.id)
            outputs.append(block)
            targets.append({"tab": _path(block), "tabs": tabs})
    for name, block in _inputs(page):
        outputs.append(block)
        targets.append({"tab": _path(block), "name": name, **_kind(block)})
    # "<" is written so that no name can end the page's script.
    script = _SCRIPT.read_text().replace("TARGETS", json.dumps(targets).replace("<", "\\u003c"))
    page.load(None, None, outputs, js=script)


def _inputs(page: gr.Blocks) -> Iterator[tuple[str, Block]]:
    """The controls of public events, each once, with the names of the parameters they are."""
    known = set()
    for function in page.fns.values():
        if function.api_visibility != "public" or function.fn is None:
            continue
        parameters = inspect.signature(function.fn).parameters
        for name, block in zip(parameters, function.inputs, strict=False):
            lasting = isinstance(block, _LINKED) and block.rendered_in is None
            if lasting and block._id not in known:
                known.add(block._id)
                yield name, block


def _kind(block: Any) -> dict[str, Any]:
    if isinstance(block, _NUMBERS):
        return {"kind": "number"}
    if isinstance(block, gr.Checkbox):
        return {"kind": "truth"}
    if isinstance(block, _CHOICES) and not getattr(block, "allow_custom_value", False):
        return {"kind": "choice", "choices": [value for _, value in block.choices]}
    return {"kind": "text"}


def _path(block: Any) -> str:
    words = []
    while (block := block.parent) is not None:
        if isinstance(block, gr.Tab):
            words.append(_word(block.label))
    return "/".join(reversed(words))


def _word(label: Any) -> str:
    return re.sub(r"[^a-z0-9]+", "-", str(label).lower()).strip("-")
