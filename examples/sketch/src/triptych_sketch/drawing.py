"""The drawing: pass after pass, each where the sheet is still too light."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from triptych_sketch import strokes
from triptych_sketch.manners import Frame, Manner, Pass
from triptych_sketch.studies import Study, study

_BATCH = 100  # strokes laid at once, which then do not see each other
_FRAMES = 40  # of a whole drawing, about


def draw(picture: np.ndarray, manner: Manner, long_side: int, seed: int) -> Iterator[Frame]:
    """Draw ``picture``, RGB uint8 (H, W, 3), on a sheet with ``long_side`` pixels.

    The same arguments give the same drawing. Yields about forty frames; the first is the empty
    sheet, the last is complete.
    """
    rng = np.random.default_rng(seed)
    seen = study(picture, long_side)
    sheet = _Sheet(seen, manner, rng)
    height, width = seen.tones.shape
    area = 1.5 * min(height, width) / max(height, width)  # of one 900 x 600; strokes scale along
    plan = [(each, max(1, round(each.strokes * area / _BATCH))) for each in manner.passes]
    total = sum(batches for _, batches in plan)
    every = max(1, total // _FRAMES)
    done = 0
    yield sheet.frame(0.0)
    for each, batches in plan:
        sheet.start(each)
        for _ in range(batches):
            sheet.add(each)
            done += 1
            if done % every == 0 and done < total:
                yield sheet.frame(done / total)
    yield sheet.frame(1.0)


def outlines(picture: np.ndarray, long_side: int) -> np.ndarray:
    """Only the outlines, at once: RGB uint8 (H, W, 3), black on white."""
    lines = study(picture, long_side).lines
    ink = np.clip(1 - 1.3 * lines, 0, 1)
    return np.repeat((255 * ink).astype(np.uint8)[..., None], 3, axis=2)


class _Sheet:
    """Paper, and what is on it."""

    def __init__(self, seen: Study, manner: Manner, rng: np.random.Generator) -> None:
        self._seen, self._manner, self._rng = seen, manner, rng
        self._scale = max(seen.tones.shape) / 900
        self._tooth = _grain(seen.tones.shape, self._scale, rng)
        paper = np.array(manner.paper, np.float32) / 255
        self._canvas = paper * (1 - 0.03 * self._tooth[..., None])
        self._dark = np.zeros_like(seen.tones)  # how dark the strokes made it, 0..1
        self._strokes = 0
        self._tones = seen.tones
        if manner.pigment is None:
            self._pigment = _pure(seen.colour)
            self._tones = np.maximum(seen.tones, 0.75 * seen.bright)
        else:
            pigment = np.array(manner.pigment, np.float32) / 255
            self._pigment = np.broadcast_to(pigment, seen.colour.shape)

    def start(self, each: Pass) -> None:
        """Begin a pass: which way strokes run in it, and what it is after."""
        seen = self._seen
        if each.lines:
            self._directions, self._aim = seen.along, seen.lines
            self._covered = np.zeros_like(seen.tones)
        else:
            self._directions = strokes.field(
                seen.along, seen.certain, each.angle, self._manner.follow
            )
            self._aim = np.where(self._tones > each.above, self._tones, 0).astype(np.float32)

    def add(self, each: Pass) -> None:
        """Lay one batch of strokes where the sheet is lighter than it should be."""
        covered = self._covered if each.lines else cv2.blur(self._dark, (7, 7))
        missing = np.maximum(self._aim - covered, 0)
        missing[missing < 0.03] = 0
        starts = strokes.begin(missing, _BATCH, self._rng)
        count = len(starts)
        vary = self._rng.normal(size=(4, count)).astype(np.float32)
        lengths = each.length * self._scale * np.exp(0.35 * vary[0])
        widths = each.width * self._scale * np.exp(0.15 * vary[1])
        pressures = np.clip(each.pressure * np.exp(0.25 * vary[2]), 0, 1)
        bend = 0.0 * vary[3] if each.lines else 0.012 * vary[3]
        paths = strokes.trace(starts, self._directions, self._aim, lengths, bend)
        mask = strokes.lay(self._dark.shape, paths, widths, pressures)
        if each.lines:
            self._covered = np.maximum(
                self._covered, cv2.dilate(mask, np.ones((3, 3), np.uint8)) / each.pressure
            )
        self._apply(mask)
        self._strokes += count

    def _apply(self, mask: np.ndarray) -> None:
        if self._manner.softness:
            mask = cv2.GaussianBlur(mask, (0, 0), self._manner.softness * self._scale)
        bite = self._manner.tooth
        # A light hand leaves the hollows of the paper white, a heavy one fills them.
        caught = np.clip((self._tooth - 0.5 + 0.7 * mask) * 2.5 + 0.5, 0, 1)
        amount = mask * (1 - bite + bite * caught)
        self._dark += (1 - self._dark) * amount
        self._canvas += amount[..., None] * (self._pigment - self._canvas)

    def frame(self, share: float) -> Frame:
        picture = np.rint(255 * np.clip(self._canvas, 0, 1)).astype(np.uint8)
        return Frame(picture, self._strokes, share)


def _grain(shape: tuple[int, ...], scale: float, rng: np.random.Generator) -> np.ndarray:
    """The tooth of the paper: float32 (H, W) 0..1, 1 on its hills."""
    noise = rng.standard_normal(shape).astype(np.float32)
    grain = sum(
        weight * _unit(cv2.GaussianBlur(noise, (0, 0), sigma * scale + 0.2))
        for sigma, weight in ((0.5, 0.9), (1.4, 0.4))
    )
    return np.clip(0.5 + 0.22 * np.asarray(grain), 0, 1).astype(np.float32)


def _unit(values: np.ndarray) -> np.ndarray:
    return (values - values.mean()) / (values.std() + 1e-6)


def _pure(colour: np.ndarray) -> np.ndarray:
    """The pencil for each place: the photo's colour, fuller and darker, as pencils are."""
    smooth = cv2.GaussianBlur(colour, (0, 0), 1.2)
    grey = smooth.mean(axis=2, keepdims=True)
    fuller = grey + 1.6 * (smooth - grey)
    return np.clip(fuller * 0.85 - 0.02, 0, 1).astype(np.float32)
