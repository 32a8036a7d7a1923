"""A film of the making: the pictures of a painting under way as an animated GIF."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

MAX_FRAMES = 40
MAX_SIDE = 400
"""Pixels of the film's long side, at most."""
LAST_FRAME = 2000
"""Milliseconds for which the finished picture stays."""
_LENGTH = 4000  # milliseconds that all other frames share
_SHORTEST, _LONGEST = 80, 400  # milliseconds of one of them
_SAMPLES = 8  # frames that the palette is made of


class Making:
    """Collects pictures and makes a film of a bounded number of them.

    However many are added, at most 40 small ones are kept, evenly spaced, the first and the
    latest among them: about 3 MB.
    """

    def __init__(self) -> None:
        self._frames: list[bytes] = []
        self._every = 1  # keeps each picture whose number this divides
        self._added = 0
        self._size: tuple[int, int] | None = None
        self._latest = b""

    def __len__(self) -> int:
        """Frames that the film has."""
        return len(self._film())

    def add(self, image: np.ndarray) -> None:
        """One more picture, RGB uint8 (H, W, 3), each of the size of the first.

        Raises ValueError for anything else.
        """
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
            raise ValueError(f"no RGB picture: {image.dtype} {image.shape}")
        if self._size not in (None, image.shape[:2]):
            raise ValueError(f"the pictures so far were {self._size}, this is {image.shape[:2]}")
        self._size = image.shape[:2]
        self._latest = _packed(image)
        if self._added % self._every == 0:
            self._frames.append(self._latest)
        self._added += 1
        if len(self._frames) == MAX_FRAMES:
            self._frames = self._frames[::2]
            self._every *= 2

    def gif(self) -> bytes:
        """The film as a GIF file that plays for ever. Raises ValueError when it has no frame."""
        film = self._film()
        if not film:
            raise ValueError("there is no picture to make a film of")
        pictures = [_unpacked(packed) for packed in film]
        palette = _palette(pictures)
        frames = [
            picture.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
            for picture in pictures
        ]
        each = min(max(_LENGTH // len(frames), _SHORTEST), _LONGEST)
        out = io.BytesIO()
        frames[0].save(
            out,
            "GIF",
            save_all=True,
            append_images=frames[1:],
            duration=[each] * (len(frames) - 1) + [LAST_FRAME],
            loop=0,
            disposal=1,
        )
        return out.getvalue()

    def _film(self) -> list[bytes]:
        if not self._frames or self._frames[-1] is self._latest:
            return self._frames
        return [*self._frames, self._latest]


def _packed(image: np.ndarray) -> bytes:
    """The picture, small, as JPEG: a tenth of the memory."""
    picture = Image.fromarray(image)
    picture.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=92, subsampling=0)
    return out.getvalue()


def _unpacked(packed: bytes) -> Image.Image:
    with Image.open(io.BytesIO(packed)) as picture:
        return picture.convert("RGB")


def _palette(pictures: list[Image.Image]) -> Image.Image:
    """256 colours for the whole film, the last picture's before all: that one stays longest.

    Pillow needs 30 times as long to write frames that each have their own, for little gain.
    """
    step = max(1, len(pictures) // _SAMPLES)
    width, height = (max(1, side // 2) for side in pictures[0].size)
    samples = [
        picture.resize((width, height), Image.Resampling.NEAREST)
        for picture in (*pictures[::step], pictures[-1], pictures[-1])
    ]
    strip = Image.new("RGB", (width, height * len(samples)))
    for row, picture in enumerate(samples):
        strip.paste(picture, (0, row * height))
    return strip.quantize(256)
