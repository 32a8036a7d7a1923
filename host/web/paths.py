"""Which of Gradio's routes are open, and what each is."""

from __future__ import annotations

import re

from host.web.answers import Refusal

_API = "/gradio_api"
# Gradio offers them to every app; nothing here uses them, and each gives something away: a proxy,
# the author's tools, a list of all calls, states of pages and inputs kept on disk.
_CLOSED = (
    f"{_API}/proxy=",
    f"{_API}/dev/",
    f"{_API}/deep_link",
    f"{_API}/process_recording",
    f"{_API}/profiling",
    f"{_API}/run-history",
    f"{_API}/runs",
    f"{_API}/token",
    f"{_API}/undo-vibe-",
    f"{_API}/vibe-",
    "/monitoring",
)
_REMOTE = re.compile(rf"{_API}/file[=/]\s*[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_LONGEST = 255  # bytes of a file's name
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

UPLOAD = re.compile(rf"{_API}/upload/?$")
BLOBS = re.compile(rf"{_API}/component_server/?$")
JOINS = re.compile(rf"{_API}/(queue/join|call/.+)$")
LOGIN = re.compile(r"/login/?$")
FILES = re.compile(rf"{_API}/(file[=/]|stream/)")


def check(path: str) -> None:
    """Raises Refusal for a path, already unquoted, that leads nowhere here."""
    if _CONTROL.search(path):
        raise Refusal(400, "This address is not written as addresses are.")
    if _REMOTE.match(path):
        raise Refusal(403, "This app fetches no files from elsewhere.")
    if path.startswith(_CLOSED) or any(len(part.encode()) > _LONGEST for part in path.split("/")):
        raise Refusal(404, "There is nothing at this address.")
