"""Neural style transfer proper: from pictures to a painted one, coarse to fine."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from host import UserError
from plugins.style.colours import coloured
from plugins.style.objective import Objective, Target
from plugins.style.pictures import as_uint8, fitted, long_side, resized, scaled_mask
from plugins.style.preparation import Work
from plugins.style.results import TransferStep
from plugins.style.search import PictureSearch
from plugins.style.settings import Settings

# Weights at which every slider's 1 means "balanced"; the losses are relative, so they hold for
# each network.
CONTENT, STYLE, SMOOTHNESS = 0.15, 1.0, 0.6

_COARSE_SHARE = 0.4  # of the steps: large strokes settle there, at a quarter of the cost
_COARSEST = 96  # pixels of the long side below which half size shows too little
_LARGE = 640  # pixels from which a third, still coarser level pays
_SMALLEST = 64  # pixels of a painting's long side that deep layers still see something in
_SHOW_EVERY = 0.4  # seconds between two pictures
_GRAIN = 4.0  # grey levels of noise on the first picture; breaks ties in flat areas


def transfer(
    objective: Objective, work: Work, settings: Settings, done: int = 0
) -> Iterator[TransferStep]:
    """Paint ``work.photo`` in the manner of its paintings.

    The pixels start as ``work.start`` and descend the loss of Gatys et al. 2016, equation 7, first
    at a part of the size. Yields step ``done`` at once, then each evaluation; the last step has a
    picture. With ``done`` > 0 ``work.start`` is the picture after so many steps, and the rest
    follows.

    Raises UserError when the network gives no finite numbers for these pictures.
    """
    began = time.monotonic()
    photo, steps, name = work.seen, settings.steps, objective.network.name
    height, width = photo.shape[:2]
    levels = _levels(settings.size, steps, done)
    ahead = sum(side**2 * count for side, count in levels)
    budget = settings.seconds or float("inf")
    yield TransferStep(
        done, steps, _picture(work.start, work, settings), None, levels[0][0], 0.0, None, name
    )

    picture = work.start.astype(np.float32)
    if done == 0:
        grain = np.random.default_rng(settings.seed).normal(0.0, _GRAIN, photo.shape)
        picture = np.clip(picture + grain.astype(np.float32), 0.0, 255.0)
    weights = _scaled(settings)
    worked, shown_at = 0.0, began
    for number, (side, count) in enumerate(levels):
        target = _target(objective, work, settings, side)
        small = fitted(photo, side).shape
        search = PictureSearch(resized(picture, small[0], small[1]))
        end = budget * (worked + side**2 * count) / ahead  # a level's share of the time there is
        losses = None
        for spent in range(1, count + 1):
            value, gradient = objective(search.trial, target, weights, settings.layer_weights)
            try:
                better = search.tell(value.total, gradient)
            except FloatingPointError as error:
                raise UserError("The network gives no finite losses for these pictures.") from error
            if better or losses is None:
                losses = value
            now = time.monotonic()
            elapsed = now - began
            last = number == len(levels) - 1 and (spent == count or elapsed >= end)
            share = (worked + side**2 * spent) / ahead
            image = None
            if now - shown_at >= _SHOW_EVERY or last:
                shown_at = now
                image = _picture(search.best, work, settings)
            left = min(elapsed * (1 / share - 1), max(budget - elapsed, 0.0))
            done += 1
            yield TransferStep(
                done, steps, image, losses, side, elapsed, 0.0 if last else left, name
            )
            if elapsed >= end:
                break
        worked += side**2 * count
        picture = resized(search.best, height, width)


def _picture(pixels: np.ndarray, work: Work, settings: Settings) -> np.ndarray:
    """What is shown of the pixels at some level: the whole size, in the colours wanted."""
    picture = as_uint8(resized(pixels, *work.photo.shape[:2]))
    return coloured(picture, work.photo) if settings.colours == "luminance" else picture


def _target(objective: Objective, work: Work, settings: Settings, side: int) -> Target:
    share = side / settings.size
    paintings = [
        fitted(painting, max(_SMALLEST, round(min(settings.size, long_side(painting)) * share)))
        for painting in work.paintings
    ]
    photo = fitted(work.seen, side)
    masks = [None if mask is None else scaled_mask(mask, *photo.shape[:2]) for mask in work.masks]
    return objective.target(photo, paintings, settings.shares, masks)


def _scaled(settings: Settings) -> tuple[float, float, float]:
    return (
        settings.content_weight * CONTENT,
        settings.style_weight * STYLE,
        settings.smoothness * SMOOTHNESS,
    )


def _levels(size: int, steps: int, done: int) -> list[tuple[int, int]]:
    """(long side, steps) from coarse to fine, without the first ``done`` steps."""
    shares = [1.0]
    if size >= _LARGE:
        shares = [_COARSE_SHARE, _COARSE_SHARE, 1 - 2 * _COARSE_SHARE]
    elif size >= 2 * _COARSEST:
        shares = [_COARSE_SHARE, 1 - _COARSE_SHARE]
    levels = []
    before = 0
    for number, share in enumerate(shares, 1):
        whole = steps - before if number == len(shares) else round(steps * share)
        skipped = min(whole, max(0, done - before))
        if whole > skipped:
            levels.append((round(size / 2 ** (len(shares) - number)), whole - skipped))
        before += whole
    return levels
