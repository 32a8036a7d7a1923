"""What a visitor may choose of a training run."""

from __future__ import annotations

from dataclasses import dataclass

from host import UserError, checks

MINING = ("semi-hard", "random", "hardest")
MAX_BATCH = 512
"""Every anchor-positive pair of a batch is compared with the whole batch."""


@dataclass(frozen=True)
class TripletSettings:
    """How to learn.

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

    def checked(self) -> TripletSettings:
        """The same with every number of its own type. Raises UserError for what is out of range."""
        people = checks.whole("People in a batch", self.people_per_batch, 2, 64)
        pictures = checks.whole("Pictures of a person", self.pictures_per_person, 2, 32)
        if people * pictures > MAX_BATCH:
            raise UserError(
                f"A batch of {people} people with {pictures} pictures each is too large: at most "
                f"{MAX_BATCH} pictures fit."
            )
        return TripletSettings(
            margin=checks.number("The margin", self.margin, 0.01, 2.0),
            mining=checks.one_of("The mining", self.mining, MINING),
            steps=checks.whole("The number of steps", self.steps, 1, 5000),
            dimensions=checks.whole("The number of dimensions", self.dimensions, 2, 256),
            people_per_batch=people,
            pictures_per_person=pictures,
            learning_rate=checks.number("The learning rate", self.learning_rate, 1e-5, 0.1),
            hold_out=checks.number("The share of people held out", self.hold_out, 0.1, 0.8),
            seed=checks.seed(self.seed),
        )
