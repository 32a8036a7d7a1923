"""What every answer says about itself, and what a visitor's file may not say."""

from __future__ import annotations

import re

from starlette.types import Message, Scope

_RANGE = re.compile(rb"bytes=(\d+-\d*|-\d+)$")
# Gradio's answer to a Range request repeats the headers of the request.
_OF_A_PART = {
    b"accept-ranges",
    b"content-disposition",
    b"content-length",
    b"content-range",
    b"content-type",
}
_EVERYWHERE = [(b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"same-origin")]
# Opened as a page, a file of a visitor's runs no script and belongs to no site.
_SANDBOX = b"sandbox; default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'"


def tidy_request(scope: Scope) -> None:
    """Takes out a Range that Gradio would fail on; the whole file is an answer to it as well."""
    scope["headers"] = [
        (name, value)
        for name, value in scope["headers"]
        if name != b"range" or _RANGE.match(value.strip())
    ]


def complete(message: Message, is_file: bool, frame_ancestors: str) -> None:
    """Changes the ``http.response.start`` message.

    is_file: whether the answer is, or may be, what a visitor brought.
    """
    found = [(name.lower(), value) for name, value in message.get("headers", [])]
    if is_file and message["status"] == 206:
        found = list({name: value for name, value in found if name in _OF_A_PART}.items())
    policy = None
    if is_file:
        policy = _SANDBOX
    elif any(name == b"content-type" and value.startswith(b"text/html") for name, value in found):
        policy = f"frame-ancestors {frame_ancestors}".encode("latin-1", "ignore")
    added = _EVERYWHERE if policy is None else [*_EVERYWHERE, (b"content-security-policy", policy)]
    names = {name for name, _ in added}
    message["headers"] = [(name, value) for name, value in found if name not in names] + added
