"""Visitors come, stay and leave; what is kept of them goes when they do."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradio.utils import get_upload_folder
from starlette.types import ASGIApp, Receive, Scope, Send

from host.heap import Heap
from host.host import Host
from host.settings import Limits
from host.ui.files import VisitorFiles, delete
from host.ui.sessions import Sessions

if TYPE_CHECKING:
    from host.ui.blocks import Page

log = logging.getLogger("host.leaving")

_SWEEP = 10.0  # seconds between looks for those who went without a word
_PASSING = 60.0  # seconds after which a visitor without any State and heartbeat is forgotten


class Visitors:
    """Who is here. Used by the web server's own thread only.

    A page, and Gradio's client, keep a connection open as long as they live: the heartbeat. When
    it ends, the visitor has left. Clients without one have left when nothing came from them for
    ``limits.session_minutes``, or at once when they named no session that could go on.
    """

    def __init__(self, page: Page, host: Host) -> None:
        self._page, self._host = page, host
        self._limits: Limits = host.settings.limits
        self.files = VisitorFiles(Path(get_upload_folder()))
        self._sessions: Sessions | None = None
        self._here: Counter[str] = Counter()  # heartbeats
        self._busy: Counter[str] = Counter()  # steps of events under way
        self._left: dict[str, float] = {}  # when; their last events may still be running
        self._built: set[str] = set()  # files that were there before any visitor

    @property
    def pages(self) -> int:
        """Open now."""
        return len(self._here)

    def came(self, visitor: str) -> None:
        """A heartbeat began."""
        self._here[visitor] += 1
        self._left.pop(visitor, None)

    def went(self, visitor: str) -> None:
        """A heartbeat ended."""
        self._here[visitor] -= 1
        if self._here[visitor] <= 0:
            del self._here[visitor]
            self._left[visitor] = time.monotonic()
            self._forget(visitor)

    @contextlib.contextmanager
    def at_work(self, visitor: str | None) -> Iterator[None]:
        """A step of one of their events. visitor: None for nobody's."""
        if visitor is None:
            yield
            return
        self._busy[visitor] += 1
        try:
            yield
        finally:
            self._busy[visitor] -= 1
            if self._busy[visitor] <= 0:
                del self._busy[visitor]
                if visitor in self._left:
                    self._forget(visitor)

    def served_once(self, visitor: str) -> None:
        """A call ended whose session nobody knows: only its files are still wanted."""
        if self._sessions is not None:
            self._sessions.free(visitor)

    @contextlib.asynccontextmanager
    async def lifespan(self, app: Any) -> AsyncIterator[None]:
        """For FastAPI: look after the visitors while it serves."""
        self._sessions = app.state_holder = Sessions(self._page)
        self._page.upload_file_set = self.files.awaited
        self._built = self.files.all()
        task = asyncio.create_task(self._look_after())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            await asyncio.to_thread(self._sessions.close)

    async def _look_after(self) -> None:
        limit = self._limits.session_minutes * 60
        heap = Heap()  # pictures of all sizes leave gaps in it
        while True:
            await asyncio.sleep(min(_SWEEP, limit / 4))
            try:
                self._sweep(limit)
                own = self._own_files()
                delete([*self.files.surplus(own), *self.files.old(limit, own)])
                await asyncio.to_thread(heap.trim)
                for paths in self._page.temp_file_sets:  # what Gradio made, for it to delete
                    paths.clear()
            except Exception:
                log.exception("looking for visitors who left failed")

    def _sweep(self, limit: float) -> None:
        assert self._sessions is not None
        now = time.monotonic()
        for visitor, session in list(self._sessions.session_data.items()):
            idle = now - session.used
            if self._here[visitor] or self._busy[visitor]:
                continue
            if idle > limit:
                self._forget(visitor)
            elif idle > _PASSING and not session.state_data:
                self._sessions.free(visitor)
        queue = self._page._queue
        awaited = {event.session_hash for event in queue.event_ids_to_events.values()}
        for visitor, since in list(self._left.items()):
            if self._busy[visitor] or visitor in awaited:
                continue
            # What they would still have been told; Gradio keeps that of up to 2,000 who left.
            queue.pending_messages_per_session.pop(visitor, None)
            queue.pending_event_ids_session.pop(visitor, None)
            if now - since > limit:
                del self._left[visitor]

    def _forget(self, visitor: str) -> None:
        # At once: a visitor who comes later may send the same picture, which has the same name.
        delete(self.files.leave(visitor, self._own_files()))
        if self._sessions is not None:
            self._sessions.free(visitor)
            self._sessions.later(self._host.forget, visitor)

    def _own_files(self) -> set[str]:
        """The page's own: examples and first values."""
        blocks = self._page.default_config.blocks.values()
        kept = {path for block in blocks for path in getattr(block, "keep_in_cache", ())}
        return kept | self._built


class Presence:
    """ASGI middleware that tells of every heartbeat, whatever ends it."""

    def __init__(self, app: ASGIApp, visitors: Visitors) -> None:
        self._app, self._visitors = app, visitors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        before, _, visitor = scope.get("path", "").rpartition("/")
        if scope["type"] != "http" or not visitor or not before.endswith("/heartbeat"):
            await self._app(scope, receive, send)
            return
        self._visitors.came(visitor)
        try:
            await self._app(scope, receive, send)
        finally:
            self._visitors.went(visitor)
