"""Enlarging a picture by 4 in three ways: bicubic, the network of least error, and the GAN.

The GAN is conditional on the small picture, as SRGAN (Ledig et al. 2017): the same network as the
one trained with the L1 loss alone, trained further against a discriminator.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from host import UserError
from host.images import fit
from plugins.gan.loaded import LoadedNetworks
from plugins.gan.translation.degrade import bicubic, crop, shrink, to_picture, to_tensor
from plugins.gan.translation.enlarge_limits import (
    ANSWERS,
    FACTOR,
    MAX_SIDE,
    MAX_TRUTH,
    MIN_SIDE,
)
from plugins.gan.translation.quality import compare
from plugins.gan.translation.results import Figures, Translation

REPORT_SECONDS = 0.25


class SuperResolution:
    """By super_resolution_l1, super_resolution_gan and perceptual of ``networks``."""

    def __init__(self, networks: LoadedNetworks) -> None:
        self._networks = networks

    def enlarge(self, picture: np.ndarray, prove: bool = True) -> Iterator[Translation]:
        """Enlarge ``picture``, RGB uint8 (H, W, 3); yields with each answer, the last has all.

        prove: shrink the picture by 4 first and compare the answers with it; no side of it counts
            for more than 640 pixels. False: enlarge it as it is, no side more than 256 pixels.
            Larger pictures are scaled down first, so the answers' size tells what was used.

        Raises UserError, at once, for a picture that is too small or too narrow.
        """
        given = crop(fit(picture, MAX_TRUTH)) if prove else fit(picture, MAX_SIDE)
        least = MIN_SIDE * (FACTOR if prove else 1)
        if min(given.shape[:2]) < least:
            fitted = max(picture.shape[:2]) > (MAX_TRUTH if prove else MAX_SIDE)
            raise UserError(
                f"This picture is too {'narrow' if fitted else 'small'}: "
                f"each side needs at least {least} pixels"
                + (f" when the longer one has {max(given.shape[:2])}." if fitted else ".")
            )
        return self._enlarge(given, prove)

    def _enlarge(self, given: np.ndarray, prove: bool) -> Iterator[Translation]:
        target = given if prove else None
        small = to_tensor(given).to(self._networks.device)
        if prove:
            small = shrink(small)
        source = to_picture(small).repeat(FACTOR, 0).repeat(FACTOR, 1)
        answers: dict[str, np.ndarray] = {}
        figures: dict[str, Figures] = {}
        for name in ANSWERS:
            for answer in self._answers(name, small):
                if answer is not None:
                    if target is not None:
                        if answers:  # comparing takes long: the visitor may stop before it
                            yield Translation(source, dict(answers), target, dict(figures))
                        figures[name] = compare(self._networks.eye(), answer, target)
                    answers[name] = answer
                yield Translation(source, dict(answers), target, dict(figures))

    def _answers(self, name: str, small: Tensor) -> Iterator[np.ndarray | None]:
        """The answer, after a None for each quarter of a second of work."""
        if name == "bicubic":
            yield to_picture(bicubic(small))
            return
        kind = "l1" if name == "L1 only" else "gan"
        network = self._networks.enlarger(f"super_resolution_{kind}")
        reported = time.monotonic()
        work = network.gradually(small)
        while True:
            with torch.inference_mode():  # not around a yield: it would hold for the caller too
                step = next(work, None)
            if step is None:
                break
            found = step
            if time.monotonic() - reported > REPORT_SECONDS:
                yield None
                reported = time.monotonic()
        yield to_picture(found)
