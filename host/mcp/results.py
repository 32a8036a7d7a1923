"""What an event answered, as the content of a tool's result."""

from __future__ import annotations

import base64
import html
import json
import mimetypes
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components.api_component import Api
from mcp.types import ContentBlock, ImageContent, TextContent

MOST_PICTURES = 12
MOST_TEXT = 4_000
"""Characters of one output: whoever reads them pays for each."""

_SHOWN = (gr.Image, gr.Gallery, gr.ImageSlider)
_TEXTS = (gr.Markdown, gr.Textbox, gr.HTML, gr.JSON, gr.Number, gr.Label, Api)
_UNREAD = re.compile(r"<(style|script|svg|head)\b.*?</\1>", re.DOTALL | re.IGNORECASE)
_BREAK = re.compile(r"</?(p|div|br|li|tr|h\d|table|figure|figcaption)\b[^>]*>", re.IGNORECASE)
_CELL, _TAG = re.compile(r"</t[dh]>", re.IGNORECASE), re.compile(r"<[^>]+>")


def content(outputs: Sequence[Any], values: Sequence[Any]) -> list[ContentBlock]:
    """Texts as text, HTML without its tags, pictures as pictures, files as addresses.

    Plots, states and changes to the page itself are left out.
    """
    told: list[ContentBlock] = []
    for block, value in zip(outputs, values, strict=False):
        if isinstance(value, dict) and "__type__" in value:
            value = value.get("value")
        if value in (None, "", []):
            continue
        told += _of(block, value)
    texts = [each for each in told if isinstance(each, TextContent)]
    pictures = [each for each in told if isinstance(each, ImageContent)]
    return [*texts, *pictures[:MOST_PICTURES]]


def _of(block: Any, value: Any) -> Iterator[ContentBlock]:
    if isinstance(block, _SHOWN):
        yield from _pictures(value)
    elif isinstance(block, gr.File | gr.DownloadButton):
        for file in value if isinstance(value, list) else [value]:
            if isinstance(file, dict) and file.get("url"):
                yield TextContent(type="text", text=f"{file.get('orig_name')}: {file['url']}")
    elif isinstance(block, _TEXTS) and (text := _text(block, value)):
        yield TextContent(type="text", text=text)


def _text(block: Any, value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if isinstance(block, gr.HTML | gr.Markdown) or text.startswith("<"):
        text = plain(text)
    return text if len(text) <= MOST_TEXT else text[:MOST_TEXT] + " ... (cut)"


def plain(text: str) -> str:
    """HTML as the text that a person would read of it."""
    text = _BREAK.sub("\n", _CELL.sub(" ", _UNREAD.sub("", text)))
    lines = html.unescape(_TAG.sub("", text)).splitlines()
    return "\n".join(line for line in (" ".join(line.split()) for line in lines) if line)


def _pictures(value: Any) -> Iterator[ImageContent]:
    """Of a picture, a pair or a gallery, however they are nested."""
    if isinstance(value, list):
        for each in value:
            yield from _pictures(each)
    elif isinstance(value, dict) and "image" in value:
        yield from _pictures(value["image"])
    elif isinstance(value, dict):
        yield from _picture(value)


def _picture(file: dict[str, Any]) -> Iterator[ImageContent]:
    """One picture that this app has made, so its path is ours."""
    url = file.get("url") or ""
    if url.startswith("data:"):
        head, _, data = url.partition(",")
        yield ImageContent(type="image", data=data, mimeType=head[5:].partition(";")[0])
    elif path := file.get("path"):
        kind = mimetypes.guess_type(path)[0] or "image/png"
        data = base64.b64encode(Path(path).read_bytes()).decode()
        yield ImageContent(type="image", data=data, mimeType=kind)
