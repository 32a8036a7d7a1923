"""What a visitor may choose of a training run."""

from __future__ import annotations

from dataclasses import dataclass

from host import UserError, checks

MINING = ("semi-hard", "random", "hardest")
MAX_BATCH = 512
"""Every anchor-positive pair of a batch is compared with the whole batch."""

_WHOLE = {
    "steps": ("The number of steps", 1, 5000),
    "dimensions": ("The number of dimensions", 2, 256),
    "people_per_batch": ("People in a batch", 2, 64),
    "pictures_per_person": ("Pictures of a person", 2, 32),
    "seed": ("The seed", 0, checks.MAX_SEED),
}
_NUMBERS = {
    "margin": ("The margin", 0.01, 2.0),
    "learning_rate": ("The learning rate", 1e-5, 0.1),
    "hold_out": ("The share of people held out", 0.1, 0.8),
}


@dataclass(frozen=True)
class TripletOptions:
    """How to learn. Raises UserError for a value outside its range.

    margin: alpha of the loss, in squared distance, 0.01 to 2 (unit vectors are at most 4 apart).
    mining: how the negative of a pair is chosen; see ``triplets.select``.
    steps: 1 to 5000 updates.
    dimensions: of an encoding, 2 to 256; a head has at most those of its face model.
    people_per_batch, pictures_per_person: P, 2 to 64, and K, 2 to 32, with P K up to MAX_BATCH.
    learning_rate: Adam's, 0.00001 to 0.1.
    hold_out: share of the people never trained on, 0.1 to 0.8.
    seed: 0 to 2**32 - 1; decides who is held out, the first weights and the batches.
    """

    margin: float = 0.2
    mining: str = "semi-hard"
    steps: int = 300
    dimensions: int = 32
    people_per_batch: int = 32
    pictures_per_person: int = 8
    learning_rate: float = 0.002
    hold_out: float = 0.3
    seed: int = 0

    def __post_init__(self) -> None:
        checks.one_of("The mining", self.mining, MINING)
        for name, (label, least, most) in _WHOLE.items():
            value = checks.whole(label, getattr(self, name), least, most)
            object.__setattr__(self, name, value)
        for name, (label, low, high) in _NUMBERS.items():
            object.__setattr__(self, name, checks.number(label, getattr(self, name), low, high))
        if self.people_per_batch * self.pictures_per_person > MAX_BATCH:
            raise UserError(
                f"A batch of {self.people_per_batch} people with {self.pictures_per_person} "
                f"pictures each is too large: at most {MAX_BATCH} pictures fit."
            )
