"""What a visitor may ask of a shipped generator, checked before any work."""

from __future__ import annotations

from typing import Any

from host import UserError, checks
from plugins.gan.digits import digit_string
from plugins.gan.loaded import LoadedNetworks
from plugins.gan.models import SHIPPED

MAX_PICTURES = 144


def asked(
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
