"""Whether one more event may wait."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sized

from host.web.answers import Refusal, in_words

_LATELY = 60.0  # seconds looked back for how fast events leave the queue
_UNKNOWN = 30.0  # seconds to come back after, where that is not known
_LONGEST = 600.0


class Admission:
    """Lets events join the queue until ``limit`` of them wait."""

    def __init__(
        self, queue: Callable[[], Sized], limit: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._queue, self._limit, self._clock = queue, limit, clock
        self._joined = 0
        self._left: deque[tuple[float, int]] = deque()  # when, and how many had left until then

    def enter(self) -> None:
        """Raises Refusal that says when to come back. Status 429: the page shows the sentence of
        every status but 503 and 422, for which Gradio has its own."""
        waiting = len(self._queue())
        now, left = self._clock(), self._joined - waiting
        if not self._left or now - self._left[-1][0] >= 1:
            self._left.append((now, left))
        while len(self._left) > 1 and now - self._left[0][0] > _LATELY:
            self._left.popleft()
        if waiting < self._limit:
            self._joined += 1
            return
        wait = self._estimate(now, left)
        raise Refusal(
            429,
            f"Too many visitors are waiting at the moment ({waiting}). "
            f"Please try again {in_words(wait)}.",
            wait,
        )

    def _estimate(self, now: float, left: int) -> float:
        """Until a quarter of the queue is free, at the pace of the last minute."""
        since, before = self._left[0]
        if left <= before or now <= since:
            return _UNKNOWN
        return min(_LONGEST, max(5.0, self._limit / 4 * (now - since) / (left - before)))
