"""What the tests of executors and of the app share."""

import threading
import time

from host.executors.inline import ThreadLink
from host.executors.limits import Limits
from host.executors.process import ProcessLink

FAST = Limits(start=30, call=30, interrupt_after=0.2, kill_after=0.3, backoff=0.2)


def link_opener(kind, spec, environment=None, interpreter=None):
    if kind == "inline":
        return lambda: ThreadLink(spec)
    return lambda: ProcessLink(spec, environment or {}, interpreter)


def eventually(condition, seconds=30.0, every=0.02):
    """Wait until ``condition()`` is true; the assertion fails after ``seconds``.

    every: seconds between two looks; more where a look takes the cores from what is waited for.
    """
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(every)


def in_thread(function, *args):
    """Run in a thread; returns (thread, list that receives the result or the exception)."""
    outcome = []

    def run():
        try:
            outcome.append(function(*args))
        except Exception as error:
            outcome.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, outcome
