"""What the host logged while something was checked: the reasons that a visitor is not told."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass

_PLAIN = logging.Formatter("%(message)s")


@dataclass(frozen=True)
class Entry:
    logger: str
    text: str
    """The message, with its traceback where there is one."""


class Log(logging.Handler):
    """Keeps warnings and errors. ``entries`` may be cleared at any time."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.setFormatter(_PLAIN)
        self.entries: deque[Entry] = deque(maxlen=200)

    def emit(self, record: logging.LogRecord) -> None:
        # Without this, one record formatted by two handlers shares the first one's traceback.
        record.exc_text = None
        self.entries.append(Entry(record.name, self.format(record)))

    def last(self, *loggers: str) -> str:
        """The newest text of these loggers; "" if there is none."""
        for entry in reversed(self.entries):
            if entry.logger in loggers:
                return entry.text
        return ""

    def all(self, *loggers: str) -> str:
        """Everything of these loggers, oldest first."""
        return "\n".join(entry.text for entry in self.entries if entry.logger in loggers)

    def containing(self, words: str) -> list[str]:
        """First lines of the entries with these words."""
        lines = [line for entry in self.entries for line in entry.text.splitlines()[:1]]
        return [line for line in lines if words in line]
