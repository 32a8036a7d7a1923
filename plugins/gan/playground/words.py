"""What the playground says, and what of its diagram is lit. No torch."""

from __future__ import annotations

from plugins.gan.playground.results import Frame
from plugins.gan.playground.visit import SECONDS, STEPS

ABOUT = (
    "The same game in two dimensions, where everything can be seen: **G** turns random numbers "
    "into points, **D** says how real a point looks. Change anything while it runs. The curves "
    "are measured against the real distribution: JS reaches its floor when the generated points "
    "cannot be told from real ones."
)
START = "Press **Run**, or go through one step by hand below."
WAITING = "Waiting for the worker \N{HORIZONTAL ELLIPSIS}"
DRAW = "**Draw** on the plane with the mouse or a finger, then press **Run**. Or upload a CSV."


def running(frame: Frame) -> str:
    return f"**Step {frame.step:,}** · {_measures(frame)}"


def paused(frame: Frame, over: bool) -> str:
    """over: the run ended by itself."""
    why = (
        f"This run is over: it ends after {SECONDS:.0f} seconds or {STEPS:,} steps, since others "
        "wait. **Run** goes on."
        if over
        else "Paused; **Run** goes on."
    )
    return f"**Step {frame.step:,}** · {_measures(frame)}\n\n{why}"


def standing(frame: Frame | None) -> str:
    """Of a game that waits. None: nothing was shown of it yet."""
    if frame is None:
        return START
    if frame.step == 0:
        return f"A new game. {START}"
    return f"**Step {frame.step:,}** · {_measures(frame)}\n\nThe game stands here; **Run** goes on."


def slow(frame: Frame, more: int) -> str:
    """Of a game in slow motion. more: sub-steps that this step still has."""
    rest = f"{more} more in this step." if more else "The step is done."
    return f"**Step {frame.step:,}**, in slow motion · {rest}"


def _measures(frame: Frame) -> str:
    modes = f" · {frame.modes_covered} of {frame.modes} modes" if frame.modes else ""
    return f"JS {frame.js:.3f} (floor {frame.js_floor:.3f}){modes} · quality {frame.quality:.0%}"


def lit(phase: str) -> tuple[str, ...]:
    """Parts of the diagram that a sub-step of slow motion is about."""
    return _LIT.get(phase, ())


_LIT: dict[str, tuple[str, ...]] = {
    "noise": ("noise",),
    "generate": ("noise", "G", "fake"),
    "judge": ("fake", "fake-D", "real", "real-D", "D"),
    "loss D": ("D", "loss"),
    "update D": ("back-D", "D"),
    "generate again": ("noise", "G", "fake"),
    "judge again": ("fake", "fake-D", "D"),
    "loss G": ("D", "loss"),
    "gradient": ("back-G", "fake"),
    "update G": ("back-G", "G"),
}
"""By the phase of a :class:`Frame`; the names are ``data-part`` in plot.html."""
