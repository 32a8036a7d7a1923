import os
import threading
import time
from collections.abc import Iterator

from host import Context


class Faulty:
    def __init__(self, context: Context) -> None:
        pass

    def fail(self, text: str) -> str:
        """Fails."""
        raise ZeroDivisionError("a bug of mine")

    def next(self, whole: str) -> int:
        """The number after it."""
        return int(whole) + 1

    def lock(self) -> object:
        """A lock, which belongs to its process."""
        return threading.Lock()

    def stubborn(self) -> Iterator[int]:
        """Numbers, one in 1.6 s."""
        for number in range(20):
            yield number
            time.sleep(1.6)

    def crash(self) -> str:
        """Ends the worker."""
        os.abort()
