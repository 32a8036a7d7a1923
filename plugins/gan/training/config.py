"""What decides a run: the networks and how they learn. No PyTorch, so that a page may read it."""

from __future__ import annotations

import math
from dataclasses import dataclass

PRECISIONS = ("float32", "bfloat16", "auto")
FEW_PICTURES = 1_000
"""Below so many pictures they are augmented unless told otherwise."""


@dataclass(frozen=True)
class NetworkConfig:
    """What is needed to rebuild the networks.

    size: pictures are size x size pixels, a power of two of 8 or more.
    channels: 1 (grey) or 3 (RGB).
    latent: length of the latent vector.
    width: channels of the finest feature map; each coarser one has twice as many.
    classes: number of classes, 0 for unconditional networks.
    spectral_norm: divide each of the discriminator's weight matrices by its largest singular
        value (Miyato et al. 2018, arXiv:1802.05957).
    """

    size: int = 32
    channels: int = 1
    latent: int = 64
    width: int = 32
    classes: int = 0
    spectral_norm: bool = False

    def __post_init__(self) -> None:
        if self.size < 8 or self.size & (self.size - 1):
            raise ValueError(f"size {self.size}: a power of two of 8 or more is needed")

    @property
    def widths(self) -> list[int]:
        """Channels of the feature maps from size/2 x size/2 down to 4x4."""
        return [self.width * 2**i for i in range(int(math.log2(self.size)) - 2)]


@dataclass(frozen=True)
class TrainingConfig:
    """How the players learn.

    learning_rate_g, learning_rate_d: Adam's.
    r1: weight gamma of the R1 penalty, 0 for none; for the objective that has it.
    r1_every: a penalty is taken every so many steps, that much stronger ("lazy
        regularisation", Karras et al. 2020, arXiv:1912.04958, app. B).
    ema_half_life: pictures seen until half of the averaged generator is new.
    augment: show the discriminator differentiably augmented pictures (:mod:`.diffaugment`);
        None: if there are fewer than FEW_PICTURES.
    precision: "float32" or "bfloat16" for the convolutions, or "auto" for whichever is faster
        here (:mod:`.precision`); penalties stay in float32.
    objective: a name in :data:`.objectives.OBJECTIVES`.
    updates_d: updates of the discriminator for one of the generator, 1 or more.
    gradient_penalty: weight lambda of WGAN-GP's penalty.
    gradient_penalty_every: as r1_every, counted in updates of the discriminator.

    ValueError for a precision or a number of updates that does not exist.
    """

    batch_size: int = 64
    learning_rate_g: float = 2e-4
    learning_rate_d: float = 2e-4
    r1: float = 1.0
    r1_every: int = 16
    ema_half_life: float = 5_000.0
    augment: bool | None = None
    precision: str = "float32"
    seed: int = 0
    objective: str = "non-saturating"
    updates_d: int = 1
    gradient_penalty: float = 10.0
    gradient_penalty_every: int = 2

    def __post_init__(self) -> None:
        if self.precision not in PRECISIONS:
            raise ValueError(f"precision {self.precision!r}: one of {', '.join(PRECISIONS)}")
        for name in ("batch_size", "updates_d", "r1_every", "gradient_penalty_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more")
