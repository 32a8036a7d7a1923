"""The search for a picture: L-BFGS over its spatial frequencies.

Style and content losses change slowly with a picture's broad areas of colour and quickly with its
grain, so in the pixels they are badly conditioned. Here the unknowns are the picture's cosine
frequencies, each scaled by a power of itself: a preconditioner that is diagonal in that basis
(Olah, Mordvintsev, Schubert 2017, "Feature Visualization", do the like for gradient ascent). It
takes about half the evaluations that L-BFGS takes over the pixels: ``benchmarks/bench_style.py``
counts them.
"""

from __future__ import annotations

import numpy as np
from scipy.fft import dctn, idctn

from plugins.style.minimise import LBFGS

_POWER = 0.5  # how much more a low frequency moves than a high one
_MEMORY = 10  # past steps that tell the curvature
_LARGE = 500_000  # pixels from which a third as many do: each takes 24 bytes a pixel
_LOWEST = 0.01  # cycles per two pixels below which all move alike


class PictureSearch:
    """Search for the picture that minimises a function.

    start: where the search starts, (H, W, 3) in 0..255.
    move: of the first step, the root mean square over the scaled frequencies.

    The caller evaluates :attr:`trial` and tells the result. :attr:`trial` and :attr:`best` are
    pictures, float32 (H, W, 3) in 0..255; :attr:`value` is that of the best, None before the first.
    """

    def __init__(self, start: np.ndarray, move: float = 8.0) -> None:
        height, width = start.shape[:2]
        frequency = np.hypot(*np.ogrid[0 : 1 : height * 1j, 0 : 1 : width * 1j])[..., None]
        scale = ((frequency + _LOWEST) / (1 + _LOWEST)) ** -_POWER
        self._scale = (scale / np.sqrt((scale**2).mean())).astype(np.float32)
        memory = _MEMORY if height * width <= _LARGE else _MEMORY // 3
        frequencies = _forward(start.astype(np.float32))
        frequencies /= self._scale
        self._lbfgs = LBFGS(frequencies, move=move, memory=memory)
        self._unclipped = self.trial = self.best = np.clip(start, 0, 255).astype(np.float32)
        self.value: float | None = None

    def tell(self, value: float, gradient: np.ndarray) -> bool:
        """Value and gradient, (H, W, 3) per grey level, at :attr:`trial`; sets the next trial.

        True if the trial is the new best. What is not finite counts as no descent: the step is
        shortened. Raises FloatingPointError when the first of all is not finite.
        """
        beyond = np.where(gradient > 0, self._unclipped < 0, self._unclipped > 255)
        gradient = np.where(beyond, np.float32(0), gradient)  # a pixel at its limit stays there
        by_frequency = _forward(gradient)
        by_frequency *= self._scale
        better = self._lbfgs.tell(value, by_frequency)
        if better:
            self.best, self.value = self.trial, value
        self._unclipped = _backward(self._lbfgs.trial * self._scale)
        self.trial = np.clip(self._unclipped, 0, 255)
        return better


def _forward(picture: np.ndarray) -> np.ndarray:
    return dctn(picture, axes=(0, 1), norm="ortho", workers=-1)


def _backward(frequencies: np.ndarray) -> np.ndarray:
    return idctn(frequencies, axes=(0, 1), norm="ortho", workers=-1, overwrite_x=True)
