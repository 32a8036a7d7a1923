"""Run code that may never return."""

from __future__ import annotations

import contextvars
import ctypes
import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")

_GRACE = 5.0  # seconds to unwind in, once the time is up


class TooLate(TimeoutError):
    """The time was up; a TimeoutError of the function's own is not one."""


class _Overdue(BaseException):
    """Raised inside the late function; no ``except Exception`` of its own keeps it."""


def within(
    seconds: float, function: Callable[..., Result], *args: object, grace: float = _GRACE
) -> Result:
    """``function(*args)``, in a thread that sees the caller's context variables.

    What it sets in context variables is not seen by the caller. After ``seconds`` an exception is
    raised inside it; code that waits outside Python (a lock, a socket) only sees it when that
    wait ends, so ``grace`` seconds later the thread is left behind: it then ends with the program
    at the latest.

    Raises TooLate, a TimeoutError, when the time is up, and otherwise what the function raises.
    """
    results: list[Result] = []
    errors: list[BaseException] = []
    context = contextvars.copy_context()

    def run() -> None:
        try:
            results.append(context.run(function, *args))
        except BaseException as error:  # noqa: BLE001  SystemExit too: the caller's to judge
            errors.append(error)

    thread = threading.Thread(target=run, name="deadline", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise_in(thread, _Overdue)
        thread.join(grace)
        where = errors[0] if errors else None
        raise TooLate(f"not done within {seconds:g} s") from where
    if errors:
        if isinstance(errors[0], Exception | SystemExit):
            raise errors[0]
        # Ctrl-C reaches the main thread only: this one is the function's own.
        raise RuntimeError(f"{type(errors[0]).__name__}: {errors[0]}") from errors[0]
    return results[0]


def raise_in(thread: threading.Thread, error: type[BaseException]) -> None:
    """Raise ``error`` in a thread that runs, as soon as it executes Python again."""
    assert thread.ident is not None
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread.ident), ctypes.py_object(error)
    )
