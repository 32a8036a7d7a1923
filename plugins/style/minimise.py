"""Limited-memory BFGS that is asked for a point and told its value, one evaluation at a time."""

from __future__ import annotations

import math

import numpy as np

_SUFFICIENT = 1e-4  # Armijo's constant
_SHORTER = 0.4
_RETRIES = 6


class LBFGS:
    """Minimise a function of an array.

    Two-loop recursion of Nocedal and Wright 2006, algorithm 7.4, with a backtracking line search.
    The caller evaluates :attr:`trial` and tells the result, so it can report, pause or stop between
    any two evaluations. A value or gradient that is not finite counts as no descent: the step is
    shortened and tried again.

    start: first point, float32 of any shape.
    move: root mean square of the first step, in the units of the entries.
    memory: how many past steps approximate the Hessian.

    :attr:`best` is the lowest point told so far, :attr:`value` its value (None before the first).
    """

    def __init__(self, start: np.ndarray, move: float = 8.0, memory: int = 10) -> None:
        self.trial = self.best = start.astype(np.float32)
        self.value: float | None = None
        self._move, self._memory = move, memory
        self._gradient = np.zeros_like(self.trial)
        self._direction = np.zeros_like(self.trial)
        self._slope = 0.0
        self._length = 1.0
        self._failed = 0
        self._pairs: list[tuple[np.ndarray, np.ndarray, float]] = []  # s, y, s.y

    def tell(self, value: float, gradient: np.ndarray) -> bool:
        """Value and gradient at :attr:`trial`; sets the next trial. True if it is the new best.

        Raises FloatingPointError when the first of all is not finite: there is nowhere to go back.
        """
        finite = math.isfinite(value) and math.isfinite(_dot(gradient, gradient))
        if self.value is None:
            if not finite:
                raise FloatingPointError("the function is not finite where the search starts")
            accepted = True
        else:
            accepted = finite and value <= self.value + _SUFFICIENT * self._length * self._slope
        if accepted:
            if self.value is not None:
                self._remember(self.trial - self.best, gradient - self._gradient)
            self.best, self.value, self._gradient = self.trial, value, gradient
            self._failed, self._length = 0, 1.0
            self._turn()
        else:
            self._failed += 1
            self._length *= _SHORTER
            if self._failed == _RETRIES:  # the curvature learnt so far misleads here
                self._pairs.clear()
                self._failed, self._length = 0, 1.0
                self._move *= _SHORTER
                self._turn()
        self.trial = self.best + np.float32(self._length) * self._direction
        return accepted

    def _turn(self) -> None:
        """The direction to search from the best point."""
        self._direction = self._newton()
        self._slope = _dot(self._gradient, self._direction)

    def _remember(self, s: np.ndarray, y: np.ndarray) -> None:
        sy = _dot(s, y)
        if sy > 1e-8 * np.sqrt(_dot(s, s) * _dot(y, y)):
            self._pairs = [*self._pairs[-self._memory + 1 :], (s, y, sy)]

    def _newton(self) -> np.ndarray:
        q = -self._gradient
        if not self._pairs:
            size = np.sqrt(_dot(q, q) / q.size)
            q *= np.float32(self._move / size if size > 0 else 0.0)
            return q
        scratch = np.empty_like(q)
        factors = []
        for s, y, sy in reversed(self._pairs):
            a = _dot(s, q) / sy
            factors.append(a)
            q -= np.multiply(y, np.float32(a), out=scratch)
        _, y, sy = self._pairs[-1]
        q *= np.float32(sy / _dot(y, y))
        for (s, y, sy), a in zip(self._pairs, reversed(factors), strict=True):
            q += np.multiply(s, np.float32(a - _dot(y, q) / sy), out=scratch)
        return q


def _dot(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.dot(a.ravel(), b.ravel()))
