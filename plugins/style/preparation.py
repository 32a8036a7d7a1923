"""From the visitor's pictures to those the transfer works on: size, colours, masks, the start."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from plugins.style.colours import luminance
from plugins.style.pictures import as_uint8, fitted, scaled_mask, stretched
from plugins.style.preview.colours import matched
from plugins.style.settings import Settings

Painter = Callable[[np.ndarray, Sequence[np.ndarray], Sequence[float]], np.ndarray]
"""Photo, paintings and their shares -> a picture of the photo's size, uint8 RGB all."""


@dataclass(frozen=True, eq=False)
class Work:
    """The pictures of a transfer, RGB uint8 (H, W, 3) each.

    photo: of the result's size. seen: the same as the network shall see it.
    start: what the pixels are first, of the same size.
    paintings: of any size. masks: for each, float32 (H, W) in 0..1, where it counts, or None.
    """

    photo: np.ndarray
    seen: np.ndarray
    start: np.ndarray
    paintings: Sequence[np.ndarray]
    masks: Sequence[np.ndarray | None]


def prepared(
    photo: np.ndarray,
    paintings: Sequence[np.ndarray],
    masks: Sequence[np.ndarray | None],
    settings: Settings,
    preview: Painter,
    picture: np.ndarray | None = None,
) -> Work:
    """The pictures of a transfer with these settings.

    masks: as :func:`plugins.style.pictures.checked_mask` gives them, of any size.
    preview: paints the start where the settings ask for it.
    picture: go on from it instead, of whatever size.
    """
    photo = seen = fitted(photo, settings.size)
    small = [None if mask is None else scaled_mask(mask, *photo.shape[:2]) for mask in masks]
    if settings.colours == "luminance":
        seen = luminance(photo)
        # the painting's contrast would be too much or too little for the photo's colours
        paintings = [matched(luminance(each), [seen], [1.0]) for each in paintings]
    elif settings.colours == "histogram":
        paintings = [matched(each, [photo], [1.0]) for each in paintings]
    if picture is not None:
        start = picture if picture.shape == photo.shape else stretched(picture, *photo.shape[:2])
        if settings.colours == "luminance":
            start = luminance(start)
    elif settings.start == "noise":
        rng = np.random.default_rng(settings.seed)
        start = rng.integers(0, 256, photo.shape, dtype=np.uint8)
    elif settings.start == "photo":
        start = seen
    else:
        painter = preview if settings.start == "preview" else matched
        start = _composed(seen, paintings, small, settings.shares, painter)
    return Work(photo, seen, start, paintings, small)


def _composed(
    seen: np.ndarray,
    paintings: Sequence[np.ndarray],
    masks: Sequence[np.ndarray | None],
    shares: Sequence[float],
    painter: Painter,
) -> np.ndarray:
    """The start: the paintings without a mask together, the others where their masks are."""
    free = [i for i, mask in enumerate(masks) if mask is None and shares[i] > 0]
    start = seen
    if free:
        start = painter(seen, [paintings[i] for i in free], [shares[i] for i in free])
    for painting, mask, share in zip(paintings, masks, shares, strict=True):
        if mask is not None and share > 0:
            there = painter(seen, [painting], [1.0])
            start = as_uint8(start + mask[..., None] * (there.astype(np.float32) - start))
    return start
