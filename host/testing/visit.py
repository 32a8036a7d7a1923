"""A visitor of the served page, who calls events and leaves."""

from __future__ import annotations

import contextlib
import json
import math
import re
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import httpx
from gradio.block_function import BlockFunction
from gradio_client import Client

if TYPE_CHECKING:
    from host.testing.stage import Stage

_CALL = re.compile(r"\(call [0-9a-f]{8}\)\.?$")
"""How the host ends every sentence that is not an answer to the visitor's mistake."""

_RAISED = re.compile(r"[A-Za-z_][\w.]*: |[A-Za-z_][\w.]*(Error|Exception)$")

_GONE = 15.0  # seconds within which a call that is left ends, killed if need be
_BEGINNING = 0.3  # seconds a stream may take from its first output into the worker


@dataclass(frozen=True)
class Answer:
    """How an event answered.

    kind: "answered", "refused" (with a sentence), "failed", "late", or "lost" (what the backend
        returned could not leave its worker).
    text: the sentence, or why it failed.
    place: FILE:LINE of the plugin where it failed; "" where unknown.
    cancelled: seconds from cancelling a stream to an idle worker; None if it ended before.
    """

    kind: str
    text: str = ""
    place: str = ""
    cancelled: float | None = None


class _Tee:
    """Keeps the end of what is written: Gradio prints the tracebacks of its own errors."""

    def __init__(self, out: TextIO) -> None:
        self._out, self.text = out, ""

    def write(self, text: str) -> int:
        self.text = (self.text + text)[-20_000:]
        return self._out.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._out, name)


class Visit:
    """Serves the stage's page on a free port of this machine, and is its only visitor."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.folder = stage.options.folder / "files"
        self.folder.mkdir(exist_ok=True)
        self._tee = sys.stderr = _Tee(sys.stderr)  # type: ignore[assignment]
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        _, url, _ = stage.page.queue(api_open=False).launch(
            server_name="127.0.0.1",
            server_port=port,
            prevent_thread_lock=True,
            show_error=False,  # so that only sentences meant for visitors come through
            max_file_size=int(stage.host.settings.max_upload_mb * 1e6),
            ssr_mode=False,
            quiet=True,
            share=False,
        )
        self._url = url.rstrip("/") + "/gradio_api/queue/"
        self._client = Client(
            url, verbose=False, download_files=str(self.folder), analytics_enabled=False
        )

    def call(self, function: BlockFunction, given: list[Any]) -> Answer:
        """Call an event and wait for its first answer; a stream is then cancelled."""
        stage = self._stage
        self._revive()
        stage.log.entries.clear()
        self._tee.text = ""
        stage.step(f"the event {function.api_name}", stage.options.time_limit + _GONE + 15)
        if any(isinstance(value, float) and not math.isfinite(value) for value in given):
            return self._call_raw(function, given)
        job = self._client.submit(*given, fn_index=function._id)
        end = time.monotonic() + stage.options.time_limit
        while not job.done() and not job.outputs():
            if time.monotonic() > end:
                return self._late(job.cancel)
            time.sleep(0.005)
        if job.done():
            error = job.exception()
            return self._explain(error) if error else Answer("answered")
        pause = time.monotonic() + _BEGINNING
        while stage.idle() and not job.done() and time.monotonic() < pause:
            time.sleep(0.005)
        began, worked, delay = time.monotonic(), not stage.idle(), self._delay()
        self._leave(job.cancel)
        ended = stage.wait_idle(_GONE)
        seconds = time.monotonic() - began if ended else math.inf
        seconds -= max(0.0, self._delay() - delay)
        return Answer("answered", cancelled=seconds if worked else None)

    def sent(self, function: BlockFunction, given: list[Any]) -> list[Any]:
        """These values with their files uploaded, so that they can be sent again and again."""
        return list(self._client.endpoints[function._id].process_input_files(*given))

    def _delay(self) -> float:
        """Seconds for which the backend could have run but other programs had the processor.

        They are nobody's fault here. 0 where the system does not say.
        """
        executor = self._stage.executor
        pid = executor.status().pid if executor is not None else None
        try:
            return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
        except (OSError, ValueError, IndexError):
            return 0.0

    def _revive(self) -> None:
        """A worker that crashed is started anew, without the pause that crashes bring."""
        executor = self._stage.executor
        if executor is not None and executor.status().state == "broken":
            self._stage.host.restart(self._stage.plugin.name)
            end = time.monotonic() + self._stage.options.time_limit
            while executor.status().state != "ready" and time.monotonic() < end:
                time.sleep(0.02)

    @staticmethod
    def _leave(cancel: Callable[[], Any]) -> None:
        with contextlib.suppress(httpx.TimeoutException):  # it waits for the stream's end
            cancel()

    def _late(self, cancel: Callable[[], Any]) -> Answer:
        self._leave(cancel)
        self._stage.host.forget(self._client.session_hash)
        self._stage.wait_idle(_GONE)
        return Answer("late", f"no answer within {self._stage.options.time_limit:g} s")

    def _explain(self, error: BaseException) -> Answer:
        stage, text = self._stage, str(error)
        if stage.log.containing("cannot leave the worker"):
            return Answer("lost", stage.log.containing("cannot leave the worker")[-1])
        if _CALL.search(text):
            trace = stage.log.last("host.executor", "host.events")
            cause = _cause(trace) or text
        elif "upstream Gradio app has raised" in text:
            trace = self._tee.text
            cause = _cause(trace) or "Gradio could not show what it returned"
        else:
            return Answer("refused", text)
        return Answer("failed", cause, stage.code.last_line(trace))

    def _call_raw(self, function: BlockFunction, given: list[Any]) -> Answer:
        """The same for numbers that Gradio's client refuses to send and a server may receive."""
        data = iter(self.sent(function, given))
        skipped = [getattr(each, "skip_api", False) for each in function.inputs]
        body = {
            "data": [None if skip else next(data) for skip in skipped],
            "fn_index": function._id,
            "session_hash": self._client.session_hash,
        }
        limit = httpx.Timeout(10, read=self._stage.options.time_limit)
        where = {"session_hash": body["session_hash"]}
        try:
            joined = httpx.post(
                self._url + "join",
                content=json.dumps(body),
                headers={"content-type": "application/json"},
                timeout=limit,
            )
            if joined.is_error:
                return Answer("refused", joined.text)
            with httpx.stream("GET", self._url + "data", params=where, timeout=limit) as stream:
                for line in stream.iter_lines():
                    message = json.loads(line[5:]) if line.startswith("data:") else {}
                    if message.get("msg") in ("process_generating", "process_completed"):
                        break
        except httpx.TimeoutException:
            return self._late(lambda: None)
        self._stage.host.forget(self._client.session_hash)
        self._stage.wait_idle(_GONE)
        if message.get("success", True):
            return Answer("answered")
        error = (message.get("output") or {}).get("error")
        return self._explain(Exception(error or "The upstream Gradio app has raised"))


def _cause(trace: str) -> str:
    """What was raised, in one line: the last line of a traceback, or the first of a message."""
    lines = [line for line in trace.splitlines() if line.strip()]
    if "Traceback (most recent call last)" in trace:
        raised = [line for line in lines if _RAISED.match(line)]
        return (raised or lines)[-1].strip()
    return lines[0] if lines else ""
