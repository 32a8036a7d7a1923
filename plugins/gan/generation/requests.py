"""What a visitor may ask of the shipped generators, checked before any work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from host import UserError, checks
from host.weights import Progress, WeightsStore
from plugins.gan import sampling
from plugins.gan.digits import digit, digit_string
from plugins.gan.generation import neighbours, walking
from plugins.gan.generation.results import NearestSheet, WalkResult
from plugins.gan.loaded import LoadedNetworks
from plugins.gan.models import SHIPPED

MAX_PICTURES = 144


def generate(
    networks: LoadedNetworks,
    digits: str | int = "all",
    seed: int = 0,
    count: int = 6,
    truncation: float = 2.0,
    kind: str = "digits",
) -> np.ndarray:
    """Draw pictures that nobody made, all in one, RGB uint8 (H, W, 3).

    digits: "all", one digit, or a number of up to 12 digits; only for digits.
    seed: 0 to 2**32 - 1; the same seed draws the same random numbers on every machine;
        pictures agree but for rounding.
    count: how many latent vectors to draw. Each gives one picture, or a row with every digit
        asked for: one row, one handwriting.
    truncation: 0.1 to 4 standard deviations; latents are drawn within it. Small is neat and
        alike, large is varied and sometimes wrong.
    kind: "digits" or "portraits".

    Raises UserError for anything outside these ranges, or for more than 144 pictures.
    """
    generator, classes, seed, count, truncation = _asked(
        networks, kind, digits, seed, count, truncation
    )
    return sampling.draw(generator, classes, seed, count, truncation, SHIPPED[kind].scale)


def walk(
    networks: LoadedNetworks,
    digit_from: str | int = 3,
    digit_to: str | int = 8,
    seed_from: int = 0,
    seed_to: int = 1,
    frames: int = 32,
    truncation: float = 2.0,
    kind: str = "digits",
    through_all: bool = False,
) -> WalkResult:
    """Walk from one seed's latent to another's, and from one class to another.

    digit_from, digit_to: 0 to 9; the class embeddings are blended linearly between them.
    frames: 2 to 60. The latents go along the great circle, the two ends are the
        pictures of :meth:`generate` but for rounding.
    through_all: through every digit from 0 to 9 in place of the two.

    Raises UserError for anything outside these ranges.
    """
    generator = networks.generator(checks.one_of("The kind", kind, tuple(SHIPPED)))
    if not isinstance(through_all, bool):
        raise UserError('"through_all" must be true or false.')
    ends = [
        digit(digit_from, "The first digit"),
        digit(digit_to, "The last digit"),
    ]
    every = list(range(generator.config.classes))
    return walking.walk(
        generator,
        every if through_all or not every else ends,
        (
            checks.seed(seed_from, "The first seed"),
            checks.seed(seed_to, "The last seed"),
        ),
        checks.whole("The number of frames", frames, 2, 60),
        checks.number("The truncation", truncation, 0.1, 4.0),
        scale=128 // generator.config.size,
    )


def nearest(
    networks: LoadedNetworks,
    store: WeightsStore,
    digits: str | int = "all",
    seed: int = 0,
    count: int = 6,
    truncation: float = 2.0,
    kind: str = "digits",
) -> Iterator[Progress | NearestSheet]:
    """The first pictures of :meth:`generate` over the training pictures nearest to them.

    Downloads MNIST's test digits (1.6 MB) unless they are here. Raises UserError where they
    cannot be had, and for portraits, whose training pictures nobody can download.
    """
    generator, *request = _asked(networks, kind, digits, seed, count, truncation)
    if kind != "digits":
        raise UserError(
            "The portraits it learnt from cannot be shown here; how near its pictures come to "
            "them was measured and is in its model card, assets/gan/portraits.md."
        )
    return neighbours.nearest_sheet(generator, *neighbours.asked(generator, *request), store)


def _asked(
    networks: LoadedNetworks,
    kind: str,
    digits: str | int,
    seed: int,
    count: int,
    truncation: float,
) -> tuple[Any, ...]:
    """The generator, then what :func:`.sampling.draw` takes. Raises UserError."""
    generator = networks.generator(checks.one_of("The kind", kind, tuple(SHIPPED)))
    classes = digit_string(digits) if generator.config.classes else []
    seed = checks.seed(seed)
    count = checks.whole("The number of samples", count, 1, MAX_PICTURES)
    truncation = checks.number("The truncation", truncation, 0.1, 4.0)
    if count * len(classes) > MAX_PICTURES:
        raise UserError(
            f"{count} rows of {len(classes)} digits are {count * len(classes)} pictures; "
            f"at most {MAX_PICTURES} can be drawn at once."
        )
    return generator, classes, seed, count, truncation
