"""What the page shows of a translated picture: captions, sizes, the figures in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from plugins.gan.translation import enlarge_view
from plugins.gan.translation.lab import colourfulness
from plugins.gan.translation.results import Translation

_SHOWN = 384
"""Small pictures are shown with sides of about so many pixels, each pixel a square."""


@dataclass(frozen=True)
class Names:
    """What the page calls the parts of one kind of translation."""

    source: str
    answers: tuple[str, ...]
    before: str  # the words while there is no answer

    @property
    def choices(self) -> tuple[str, ...]:
        return self.answers if self.source in self.answers else (self.source, *self.answers)


EDGES = Names(
    "the lines",
    ("average", "L1 only", "GAN"),
    "Choose a photo or draw a face, then make a portrait of it.",
)
COLOUR = Names("grey", ("grey", "L1 only", "GAN"), "Choose a picture, then press Colour it.")


def pictures(translation: Translation, names: Names) -> dict[str, np.ndarray]:
    """All there is to look at, by its caption, all of one size."""
    found = {names.source: translation.source, **translation.answers}
    if translation.target is not None:
        found[enlarge_view.TRUTH] = translation.target
    scale = max(1, _SHOWN // max(translation.source.shape[:2]))
    return {name: each.repeat(scale, 0).repeat(scale, 1) for name, each in found.items()}


def shown(translation: Translation, names: Names) -> tuple[str, str, Any]:
    """Words, the table (HTML) and the gallery."""
    return (
        words(translation, names),
        enlarge_view.table(translation.figures),
        enlarge_view.gallery(pictures(translation, names)),
    )


def words(translation: Translation, names: Names) -> str:
    """What the figures say, as they are."""
    figures, target = translation.figures, translation.target
    if target is None:
        return "There is no true picture to compare with, so there are no figures."
    if not figures:
        return "This picture is too thin for figures."
    least, gan = figures["L1 only"], figures["GAN"]
    pixels = "L1 only" if least.psnr >= gan.psnr else "GAN"
    features = "L1 only" if least.perceptual <= gan.perceptual else "GAN"
    said = [
        f"By pixels and to a network's eye **{pixels}** is nearer to the truth."
        if pixels == features
        else f"By pixels **{pixels}** is nearer to the truth "
        f"({abs(least.psnr - gan.psnr):.1f} dB), to a network's eye **{features}** is."
    ]
    if names is COLOUR:
        true = max(colourfulness(target), 1e-6)
        shares = ", ".join(
            f"{name} {100 * colourfulness(translation.answers[name]) / true:.0f} %"
            for name in ("L1 only", "GAN")
        )
        said.append(f"Colourfulness against the truth: {shares} (100 % is as colourful).")
    return " ".join(said)


def scaled(given: tuple[int, ...], translation: Translation) -> str:
    """A sentence, if the picture of ``given`` (H, W) was scaled down."""
    height, width = translation.source.shape[:2]
    if (height, width) == tuple(given):
        return ""
    return f"First scaled down from {given[1]} x {given[0]} to {width} x {height} pixels. "
