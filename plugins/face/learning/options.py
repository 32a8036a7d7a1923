"""What a visitor may choose of a training run."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from host import UserError

MINING = ("semi-hard", "random", "hardest")
MAX_BATCH = 512
"""Every anchor-positive pair of a batch is compared with the whole batch."""

_WHOLE = {
    "steps": ("The number of steps", 1, 5000),
    "dimensions": ("The number of dimensions", 2, 256),
    "people_per_batch": ("People in a batch", 2, 64),
    "pictures_per_person": ("Pictures of a person", 2, 32),
    "seed": ("The seed", 0, 2**32 - 1),
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
        if self.mining not in MINING:
            raise UserError(f"The mining must be one of {', '.join(MINING)}.")
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name in _WHOLE:
                label, low, high = _WHOLE[field.name]
                if not _finite(value) or value != int(value):
                    raise UserError(f"{label} must be a whole number.")
                object.__setattr__(self, field.name, int(value))
            elif field.name in _NUMBERS:
                label, low, high = _NUMBERS[field.name]  # type: ignore[assignment]
                if not _finite(value):
                    raise UserError(f"{label} must be a number.")
                object.__setattr__(self, field.name, float(value))
            else:
                continue
            if not low <= value <= high:
                raise UserError(f"{label} must be between {low:,} and {high:,}.")
        if self.people_per_batch * self.pictures_per_person > MAX_BATCH:
            raise UserError(
                f"A batch of {self.people_per_batch} people with {self.pictures_per_person} "
                f"pictures each is too large: at most {MAX_BATCH} pictures fit."
            )


def _finite(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)
