"""The generators that come with Triptych. No PyTorch: the page reads this too."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from host.shipped import shipped

ASSETS = shipped("assets", "gan")


@dataclass(frozen=True)
class Shipped:
    """A generator's file in ``assets/gan``; its model card and its first sheet lie beside it.

    scale: how many times as large its pictures are shown.
    count, truncation: how many latents are drawn at first, and how far from the average.
    """

    name: str
    title: str
    scale: int
    count: int
    truncation: float
    about: str

    @property
    def file(self) -> Path:
        return ASSETS / f"{self.name}.safetensors"

    @property
    def sheet(self) -> Path:
        """What the page's first settings give, for while the worker starts."""
        return ASSETS / f"{self.name}.webp"


SHIPPED = {
    each.name: each
    for each in (
        Shipped(
            "digits",
            "Handwritten digits",
            2,
            6,
            2.0,
            "A class-conditional DCGAN trained on 8,000 MNIST digits; its model card is "
            "`assets/gan/digits.md`.",
        ),
        Shipped(
            "portraits",
            "Portraits",
            2,
            12,
            1.3,
            "A DCGAN trained on 2,990 portraits: nobody in these pictures exists. Its model card "
            "is `assets/gan/portraits.md`.",
        ),
    )
}
