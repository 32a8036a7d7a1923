"""What requests carry: how much of it, and whether it can be read at all."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import orjson
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.datastructures import Headers
from starlette.types import Message, Receive

from host.web.answers import Refusal

PARTS = 1000  # of one upload; the page sends more files in several
_HEAD = 8192  # bytes of one part's headers
_DEPTH = 64  # of JSON; the page's own has less than 20
_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)

_DAMAGED = "This upload is damaged or incomplete."
_UNREADABLE = "This request cannot be read: it is no proper JSON."


async def whole(receive: Receive, limit: int) -> bytes:
    """The body. Raises Refusal for one over ``limit`` bytes or not sent to its end."""
    chunks, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refusal(400, _DAMAGED)
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise too_big(limit)
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)


def again(body: bytes, receive: Receive) -> Receive:
    """A ``receive`` that gives the body that has been read, and then whatever comes."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message() -> Message:
        return messages.pop() if messages else await receive()

    return next_message


def check_json(body: bytes) -> None:
    """Raises Refusal for what is no JSON, too deep, or names a file elsewhere by its URL."""
    if body.count(b"[") + body.count(b"{") > _DEPTH:
        depth = 0
        for token in _TOKENS.finditer(body):
            kind = token[0][:1]
            depth += kind in b"[{"
            depth -= kind in b"]}"
            if depth > _DEPTH:
                raise Refusal(400, _UNREADABLE)
    try:
        value = orjson.loads(body)
    except ValueError:
        try:  # as browsers and Python's own module write what JSON has no number for: NaN
            value = json.loads(body)
        except (ValueError, RecursionError):
            raise Refusal(400, _UNREADABLE) from None
    if _has_link(value):
        raise Refusal(400, "This app fetches no files from elsewhere. Please upload the file.")


def _has_link(value: Any) -> bool:
    if isinstance(value, list):
        return any(_has_link(item) for item in value)
    if not isinstance(value, dict):
        return False
    path = value.get("path")
    if isinstance(path, str) and re.match(r"\s*[a-z][a-z0-9+.-]+://", path, re.IGNORECASE):
        return True
    return any(_has_link(item) for item in value.values())


class Upload:
    """Looks at a multipart body as it streams by, before Gradio's reader does.

    limit: bytes of the whole. each: bytes of a part. count: told the bytes of each chunk; may raise
    Refusal. only_files: whether each part has to be a file of the field "files".
    """

    def __init__(
        self,
        headers: Headers,
        receive: Receive,
        limit: int,
        each: int,
        count: Callable[[int], None],
        only_files: bool,
    ) -> None:
        kind, options = parse_options_header(headers.get("content-type"))
        if kind != b"multipart/form-data" or not options.get(b"boundary"):
            raise Refusal(400, _DAMAGED)
        self._receive, self._limit, self._count = receive, limit, count
        self._each, self._only_files = each, only_files
        self._size = self._parts = self._part_size = 0
        self._name, self._head = b"", bytearray()
        self._disposition = b""
        self._complete = False
        callbacks = {
            "on_part_begin": self._part_begins,
            "on_header_field": self._header_field,
            "on_header_value": self._header_value,
            "on_header_end": self._header_ends,
            "on_headers_finished": self._headers_end,
            "on_part_data": self._part_data,
            "on_end": self._ends,
        }
        try:
            self._parser = MultipartParser(options[b"boundary"], callbacks)  # type: ignore[arg-type]
        except FormParserError:
            raise Refusal(400, _DAMAGED) from None

    async def receive(self) -> Message:
        """Raises Refusal as soon as something is wrong."""
        message = await self._receive()
        if message["type"] == "http.disconnect":
            if not self._complete:
                raise Refusal(400, _DAMAGED)
            return message
        chunk = message.get("body", b"")
        self._size += len(chunk)
        if self._size > self._limit:
            raise too_big(self._limit)
        self._count(len(chunk))
        try:
            self._parser.write(chunk)
        except FormParserError:
            raise Refusal(400, _DAMAGED) from None
        if not message.get("more_body", False) and not self._complete:
            raise Refusal(400, _DAMAGED)
        return message

    def _part_begins(self) -> None:
        self._parts += 1
        self._part_size = 0
        self._disposition = b""
        if self._parts > PARTS:
            raise Refusal(413, f"These are over {PARTS} files: please send them in several goes.")

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]
        self._bound()

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._head += data[start:end]
        self._bound()

    def _bound(self) -> None:
        if len(self._name) + len(self._head) > _HEAD:
            raise Refusal(400, _DAMAGED)

    def _header_ends(self) -> None:
        if self._name.lower() == b"content-disposition":
            self._disposition = bytes(self._head)
        self._name, self._head = b"", bytearray()

    def _headers_end(self) -> None:
        _, options = parse_options_header(self._disposition)
        field = options.get(b"name")
        if field is None or (
            self._only_files and (field != b"files" or b"filename" not in options)
        ):
            raise Refusal(400, _DAMAGED)

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        self._part_size += end - start
        if self._part_size > self._each:
            raise Refusal(413, f"A file may have {self._each / 1e6:.3g} MB and this one has more.")

    def _ends(self) -> None:
        self._complete = True


def too_big(limit: int) -> Refusal:
    return Refusal(413, f"This is over the limit of {limit / 1e6:.3g} MB for what is sent at once.")
