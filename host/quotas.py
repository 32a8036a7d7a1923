"""What visitors may use at once and within an hour."""

from __future__ import annotations

from host.caller import Caller
from host.settings import Limits


class Quotas:
    """Counts what is in use, by visitor, by address and in all. For any thread."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def enter(self, caller: Caller) -> None:
        """A call begins to wait. Raises UserError that says when to come back."""

    def leave(self, caller: Caller, seconds: float) -> None:
        """A call that had entered has ended, after ``seconds`` on a worker."""
