"""What is kept of each visitor: the values of the page's ``gr.State``s."""

from __future__ import annotations

import copy
import datetime
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import gradio as gr
from gradio import route_utils
from gradio.state_holder import SessionState, StateHolder

log = logging.getLogger("host.sessions")


class Session(SessionState):
    """One visitor's.

    Gradio's own also keeps a copy of every component's settings and of what came in and went out
    last, for links to a page as it stands. That costs 63 ms and 1.1 MB a visitor on a page of 660
    components, and what visitors send is not to be kept: so it is left out here.
    """

    def __init__(self, blocks: gr.Blocks, visitor: str | None = None) -> None:
        self.visitor = visitor
        self.used = time.monotonic()
        self.blocks_config = copy.copy(blocks.default_config)
        self.config_values: dict[int, Any] = {}
        self.state_data: dict[int, Any] = {}
        self._state_ttl: dict[int, tuple[Any, datetime.datetime]] = {}
        self.is_closed = False
        self.STATE_TTL_WHEN_CLOSED = 3600

    def __setitem__(self, key: int, value: Any) -> None:
        block = self.blocks_config.blocks.get(key)
        if isinstance(block, gr.State):
            self._state_ttl[key] = (block.time_to_live, datetime.datetime.now())
            self.state_data[key] = value
        else:
            self.blocks_config.blocks[key] = value

    def _update_config(self, key: int) -> None:
        pass

    def _update_value_in_config(self, key: int, value: Any) -> None:
        pass


# Gradio makes one for each request without a session, too.
route_utils.SessionState = Session


class Sessions(StateHolder):
    """Every visitor's. Used by the web server's own thread only, as Gradio does.

    page: whose States they are. At most ``page.state_session_capacity`` are kept: over that, the
    one who did nothing for longest is forgotten.
    """

    def __init__(self, page: gr.Blocks) -> None:
        super().__init__()
        # The callbacks may wait for locks and databases.
        self._thread = ThreadPoolExecutor(1, "forgetting")
        self.set_blocks(page)

    def __getitem__(self, session_id: str) -> Session:
        session = self.session_data.get(session_id)
        if session is None:
            session = self.session_data[session_id] = Session(self.blocks, session_id)
        self.session_data.move_to_end(session_id)
        session.used = time.monotonic()
        while len(self.session_data) > self.capacity:
            self.free(next(iter(self.session_data)))
        return session

    def free(self, visitor: str) -> None:
        """Forget everything; States' ``delete_callback``s are called soon, in another thread."""
        session = self.session_data.pop(visitor, None)
        if session is None:
            return
        blocks, values = session.blocks_config.blocks, dict(session.state_data)
        session.state_data.clear()
        for number, value in values.items():
            state = blocks.get(number)
            if isinstance(state, gr.State):
                self._thread.submit(_delete, state, value)

    def later(self, step: Any, *arguments: Any) -> None:
        """Do something that may block, in the callbacks' thread."""
        self._thread.submit(step, *arguments)

    def close(self) -> None:
        """Forget everybody, and wait for the callbacks."""
        for visitor in list(self.session_data):
            self.free(visitor)
        self._thread.shutdown()


def _delete(state: gr.State, value: Any) -> None:
    try:
        state.delete_callback(value)
    except Exception:
        log.exception("a visitor's state could not be deleted")
