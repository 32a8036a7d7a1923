"""Playing the game: at full speed, or one turn in captioned sub-steps."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from host import checks
from plugins.gan.playground import settings as ranges
from plugins.gan.playground import snapshot as snapshots
from plugins.gan.playground.game import Game
from plugins.gan.playground.look import Look
from plugins.gan.playground.narrate import narrate
from plugins.gan.playground.results import Frame
from plugins.gan.playground.settings import PlaySettings

FRAME_EVERY = 0.1
"""Seconds from frame to frame at least: a browser draws no more."""

SILENCE = 0.6
"""Seconds after which a frame comes even if ``per_frame`` steps have not been played."""


def play(
    settings: PlaySettings,
    snapshot: bytes | None = None,
    steps: int = 2000,
    per_frame: int = 5,
    pause: float = 0.0,
    device: str = "cpu",
) -> Iterator[Frame]:
    """Play on from ``snapshot``, or begin; a frame at once, then one every ``per_frame`` turns.

    steps: turns to play, 0 to 100,000. per_frame: 1 to 500. pause: seconds to wait after each
    frame, up to 1. A frame comes after 0.1 s at the earliest: more turns per frame are faster.
    Raises UserError, at the call, for settings or a snapshot that cannot be used.
    """
    steps = checks.whole("The number of steps", steps, *ranges.STEPS)
    per_frame = checks.whole("The steps per frame", per_frame, *ranges.PER_FRAME)
    pause = checks.number("The pause", pause, *ranges.PAUSES)
    game, look = _begin(settings, snapshot, device)
    return _play(game, look, steps, per_frame, pause)


def slow_step(
    settings: PlaySettings,
    snapshot: bytes | None = None,
    player: str = "both",
    device: str = "cpu",
) -> Iterator[Frame]:
    """One turn in slow motion: a captioned frame per sub-step.

    player: "D" or "G" for the updates of that one alone, "both" for the turn that :func:`play`
    would play. Raises UserError as :func:`play` does.
    """
    checks.one_of("The player", player, ranges.PLAYERS)
    game, look = _begin(settings, snapshot, device)
    return _slowly(game, look, player)


def _begin(settings: PlaySettings, data: bytes | None, device: str) -> tuple[Game, Look]:
    settings = settings.checked()
    with one_thread():
        return snapshots.load(data, settings, device), Look(settings, device)


def _play(game: Game, look: Look, steps: int, per_frame: int, pause: float) -> Iterator[Frame]:
    with one_thread():
        frame = look.frame(game)
    shown = time.monotonic()
    yield frame
    for turn in range(1, steps + 1):
        if turn % per_frame == 1 or per_frame == 1:
            time.sleep(pause)
        with one_thread():
            game.turn()
        due = turn % per_frame == 0 or turn == steps
        passed = time.monotonic() - shown
        if not due and passed < SILENCE:
            continue
        with one_thread():
            frame = look.frame(game)
        time.sleep(max(0.0, FRAME_EVERY - (time.monotonic() - shown)))
        shown = time.monotonic()
        yield frame


def _slowly(game: Game, look: Look, player: str) -> Iterator[Frame]:
    frames = narrate(game, look, player)
    while True:
        with one_thread():
            frame = next(frames, None)
        if frame is None:
            return
        yield frame


@contextmanager
def one_thread() -> Iterator[None]:
    """Matrices of 128 x 32 are done before a second thread is even awake.

    On two busy cores the threads' waiting for each other makes a turn fifty times as slow. The
    number is put back, as the other calls of this worker want theirs.
    """
    before = torch.get_num_threads()
    if before > 1:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        if before > 1:
            torch.set_num_threads(before)
