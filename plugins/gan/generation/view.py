"""What the page shows of generated pictures: how near they are to others, and a walk as a film."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from plugins.gan.generation.results import NearestSheet

FRAME_MS = 80


def words(found: NearestSheet) -> str:
    """What the distances say."""
    closer = sum(distance < found.unseen_lowest for distance in found.distances)
    said = (
        "none is a copy: all are as far from their nearest training picture as real pictures "
        "that were never trained on can be"
        if not closer
        else f"{closer} of {len(found.distances)} lie nearer to a training picture than 99 % of "
        "the real pictures that were never trained on do: look at those"
    )
    return (
        f"Median distance to the nearest of {found.train:,} training pictures: "
        f"**{np.median(found.distances):.2f}**; of unseen real pictures "
        f"**{found.unseen_median:.2f}**: {said}. (Euclidean, of pixels in [-1, 1].)"
    )


def gif(frames: np.ndarray) -> bytes:
    """frames: RGB uint8 (N, H, W, 3); played there and back, for ever."""
    pictures = [Image.fromarray(frame) for frame in frames]
    pictures += pictures[-2:0:-1]
    file = io.BytesIO()
    pictures[0].save(
        file, "GIF", save_all=True, append_images=pictures[1:], duration=FRAME_MS, loop=0
    )
    return file.getvalue()
