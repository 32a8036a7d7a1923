"""Small pictures side by side, uint8 RGB."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

TILE = 144  # pixels of a tile's long side
_CAPTION = 16
_GAP = 6
_PAPER, _INK = (255, 255, 255), (51, 65, 85)


def grey_tiles(maps: np.ndarray, joint: bool = False) -> list[np.ndarray]:
    """Feature maps (h, w, K) as grey uint8 RGB tiles, the same size each.

    Black is 0 and white what only one number in 200 of the map exceeds, or of the map with the
    largest numbers if ``joint``: a few sparks would leave all else dark. A map's numbers stay
    visible as squares.
    """
    high = np.quantile(maps, 0.995, axis=(0, 1))
    high = np.where(high > 0, high, maps.max((0, 1)))
    if joint:
        high = np.full_like(high, high.max())
    grey = np.clip(maps / np.maximum(high, 1e-12), 0.0, 1.0)
    return [enlarged(np.rint(255 * grey[..., k]).astype(np.uint8)) for k in range(maps.shape[-1])]


def enlarged(picture: np.ndarray) -> np.ndarray:
    """Grey (h, w) or RGB (h, w, 3) uint8 at tile size, RGB: squares, not blurs, when enlarged."""
    height, width = picture.shape[:2]
    scale = TILE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    how = Image.Resampling.NEAREST if scale >= 1 else Image.Resampling.BOX
    return np.asarray(Image.fromarray(picture).resize(size, how).convert("RGB"))


def sheet(tiles: Sequence[np.ndarray], captions: Sequence[str]) -> np.ndarray:
    """Tiles in rows and columns, about as wide as high, each above its caption."""
    height = max((tile.shape[0] for tile in tiles), default=TILE)
    width = max((tile.shape[1] for tile in tiles), default=TILE)
    count = max(len(tiles), 1)
    columns = min(count, max(1, round((count * (height + _CAPTION) / width) ** 0.5)))
    rows = -(-count // columns)
    step_x, step_y = width + _GAP, height + _CAPTION + _GAP
    page = Image.new("RGB", (columns * step_x + _GAP, rows * step_y + _GAP), _PAPER)
    draw = ImageDraw.Draw(page)
    for place, (tile, caption) in enumerate(zip(tiles, captions, strict=True)):
        x, y = _GAP + place % columns * step_x, _GAP + place // columns * step_y
        page.paste(Image.fromarray(tile), (x, y))
        draw.text((x, y + height + 2), caption, fill=_INK)
    return np.asarray(page)
