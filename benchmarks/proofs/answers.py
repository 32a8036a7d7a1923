"""What the proofs accept as an answer to a visitor, and how they talk to the app."""

from __future__ import annotations

import http.client
import json
import re
import secrets
import time
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

API = "/gradio_api"
LONGEST = 400  # characters of a sentence
_PATHS = re.compile(
    r"(?:^|[\s'\"(=:])/(?:work|tmp|root|home|usr|var|dev/shm|opt|app|mnt|srv)/|"
    r"site-packages|\.py\b|triptych-\w{6,}"
)
_PYTHON = re.compile(
    r"\b[A-Z]\w+(?:Error|Exception|Interrupt|Warning)\b|<class |NoneType|has no attribute|"
    r"not subscriptable|invalid literal|could not convert|out of range|positional argument|"
    r"not supported between|object is not|must be str|cannot identify image"
)
_PHRASES = {status.phrase for status in HTTPStatus}  # what a program is told


def complaint(text: Any) -> str:
    """What is wrong with an error message; "" when it is a sentence for a visitor."""
    if not isinstance(text, str) or not text.strip():
        return "no text"
    if "Traceback" in text:
        return "a traceback"
    if text in _PHRASES:
        return ""
    if _PATHS.search(text):
        return "a path of the server"
    if _PYTHON.search(text):
        return "words of Python"
    if len(text) > LONGEST:
        return "too long"
    return "" if text.rstrip()[-1] in ".!?)»…”" else "not a sentence"


def told(body: bytes) -> Any:
    """The message in an HTTP answer that is an error."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    try:
        found = json.loads(text)
    except ValueError:
        return text
    if isinstance(found, dict):
        return found.get("error", found.get("detail"))
    return found


class Hung(Exception):
    """No answer in time."""


class Wire:
    """One kept-alive connection of a client.

    seconds: how long an answer may take.
    """

    def __init__(self, port: int, seconds: float = 30) -> None:
        self._port, self.seconds = port, seconds
        self.event = ""
        """The name of the latest event, where a stream's events have names."""
        self._connection: http.client.HTTPConnection | None = None

    def _open(self) -> http.client.HTTPConnection:
        if self._connection is None:
            # Heartbeats come every 15 s, so that a stream is never silent for as long as this.
            self._connection = http.client.HTTPConnection(
                "127.0.0.1", self._port, timeout=self.seconds + 2
            )
        return self._connection

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def send(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> http.client.HTTPResponse:
        """The answer's head. Raises Hung or OSError."""
        for attempt in range(2):
            connection = self._open()
            fresh = connection.sock is None
            try:
                connection.request(method, path, body, headers or {})
                return connection.getresponse()
            except TimeoutError as error:
                self.close()
                raise Hung(f"{method} {path[:80]}") from error
            except (http.client.HTTPException, OSError) as error:
                self.close()
                # A kept connection that the server closed meanwhile is no failure.
                if fresh or attempt:
                    raise OSError(f"{type(error).__name__}: {error}") from error
        raise AssertionError

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Status and body. Raises Hung or OSError."""
        response = self.send(method, path, body, headers)
        try:
            data = response.read()
        except TimeoutError as error:
            self.close()
            raise Hung(f"{method} {path[:80]}") from error
        except http.client.HTTPException as error:
            self.close()
            raise OSError(f"{type(error).__name__}: {error}") from error
        if response.will_close:
            self.close()
        return response.status, data

    def post(self, path: str, value: Any) -> tuple[int, bytes]:
        return self.ask("POST", path, json.dumps(value).encode(), _JSON)

    def upload(self, name: str, data: bytes) -> tuple[int, bytes]:
        border = secrets.token_hex(8)
        shown = name.encode("utf-8", "replace").replace(b'"', b"%22").replace(b"\n", b"%0A")
        head = b'--%b\r\nContent-Disposition: form-data; name="files"; filename="%b"\r\n'
        body = head % (border.encode(), shown.replace(b"\r", b"%0D"))
        body += b"Content-Type: application/octet-stream\r\n\r\n%b\r\n--%b--\r\n" % (
            data,
            border.encode(),
        )
        kind = {"Content-Type": f"multipart/form-data; boundary={border}"}
        return self.ask("POST", f"{API}/upload", body, kind)

    def events(self, path: str) -> Iterator[dict[str, Any]]:
        """The messages of a stream. Raises Hung when its end takes too long, or OSError."""
        end = time.monotonic() + self.seconds
        response = self.send("GET", path)
        if response.status != 200:
            yield {"msg": "status", "status": response.status, "body": response.read()}
            return
        whole = False
        try:
            for line in response:
                if line.startswith(b"data:"):
                    yield json.loads(line[5:])
                elif line.startswith(b"event:"):
                    self.event = line[6:].strip().decode()
                if time.monotonic() > end:
                    raise Hung(path[:80])
            whole = True
        except TimeoutError as error:
            raise Hung(path[:80]) from error
        except http.client.HTTPException as error:
            raise OSError(f"{type(error).__name__}: {error}") from error
        finally:
            if not whole:
                self.close()


_JSON = {"Content-Type": "application/json"}
