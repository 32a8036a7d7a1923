"""The style plugin's backend: which network answers, and the calls of the tab."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from numbers import Real

import numpy as np
import tensorflow as tf

from host import Context, Device, UserError
from host.weights import Progress
from plugins.style import networks
from plugins.style.objective import Objective
from plugins.style.pictures import checked
from plugins.style.results import (
    DEFAULT_SIZE,
    DEFAULT_STEPS,
    SEEDS,
    SIZES,
    STEPS,
    WEIGHTS,
    NetworkInfo,
    TransferStep,
)
from plugins.style.transfer import Weights, transfer

log = logging.getLogger(__name__)

AUTO = "auto"
"""Asks for the first network whose weights are here."""
_WARM = 64  # pixels a side of the picture that compiles the losses


class StyleBackend:
    """Neural style transfer with VGG19 where its weights are at hand, else the embedded network."""

    def __init__(self, context: Context) -> None:
        self._weights = context.weights
        self._device, self._device_used = _usable(context.device)
        self._objectives: dict[str, Objective] = {}
        self._objective(self._choose(AUTO))

    def transfer(
        self,
        content: np.ndarray | None,
        style: np.ndarray | None,
        size: int = DEFAULT_SIZE,
        steps: int = DEFAULT_STEPS,
        content_weight: float = 1.0,
        style_weight: float = 1.0,
        smoothness: float = 1.0,
        network: str = AUTO,
        seed: int = 0,
    ) -> Iterator[TransferStep]:
        """Paint ``content`` in the manner of ``style``; yields each step as it is done.

        content, style: RGB uint8 (H, W, 3), at least 32 pixels a side and at most 4:1.
        size: pixels of the result's long side, 128..768. steps: 10..600.
        content_weight, style_weight, smoothness: 0..100, 1 is balanced.
        network: "vgg19", "embedded" or "auto": VGG19 if its weights are here, else the embedded.
        seed: 0..2**32 - 1, of the grain put on the photo before the first step.

        Raises UserError for anything outside these limits.
        """
        content, style = checked(content, "photo"), checked(style, "painting")
        size = _whole(size, SIZES, "size")
        steps = _whole(steps, STEPS, "number of steps")
        seed = _whole(seed, SEEDS, "seed")
        for weight in (content_weight, style_weight, smoothness):
            if not _within(weight, WEIGHTS):
                low, high = WEIGHTS
                raise UserError(f"Each weight must be a number between {low} and {high}.")
        if content_weight == style_weight == 0:
            raise UserError("Let the photo or the painting count: both weights are 0.")
        objective = self._objective(self._choose(network))
        weights = Weights(content_weight, style_weight, smoothness)
        yield from transfer(objective, content, style, size, steps, weights, seed)

    def networks(self) -> list[NetworkInfo]:
        """The networks, the paper's first."""
        return [
            NetworkInfo("vgg19", self._weights.find(networks.VGG19_WEIGHTS) is not None),
            NetworkInfo("embedded", True),
        ]

    def fetch_weights(self) -> Iterator[Progress]:
        """Download VGG19's published weights; yields bytes done and in all.

        Raises UserError when they cannot be had.
        """
        yield from self._weights.fetch(networks.VGG19_WEIGHTS)

    def health(self) -> dict[str, str]:
        """What the Plugins tab shows."""
        return {
            "model": self._choose(AUTO),
            "device": self._device_used,
            "loaded": ", ".join(
                f"{name} ({objective.network.parameters / 1e6:.1f} M parameters)"
                for name, objective in self._objectives.items()
            ),
        }

    def _choose(self, name: str) -> str:
        ready = {info.name: info.ready for info in self.networks()}
        if not isinstance(name, str) or name not in (AUTO, *ready):
            raise UserError(f'There is no network "{name}"; choose "auto", "vgg19" or "embedded".')
        if name == AUTO:
            return next(name for name in ready if ready[name])
        if not ready[name]:
            raise UserError(
                "VGG19's published weights are not on this machine yet: get them first, "
                "or choose the embedded network."
            )
        return name

    def _objective(self, name: str) -> Objective:
        if name not in self._objectives:
            with tf.device(self._device):
                if name == "vgg19":
                    network = networks.vgg19(self._weights.get(networks.VGG19_WEIGHTS))
                else:
                    network = networks.embedded()
            objective = Objective(network, self._device)
            grey = np.random.default_rng(0).uniform(0, 255, (_WARM, _WARM, 3)).astype(np.float32)
            objective(grey, objective.target(grey, grey), (1.0, 1.0, 1.0))
            self._objectives[name] = objective
        return self._objectives[name]


def _usable(device: Device) -> tuple[str, str]:
    """TensorFlow's name of the device to use, and the words for it."""
    if device.kind == "cuda" and not tf.config.list_physical_devices("GPU"):
        reason = "TensorFlow sees no GPU: its CUDA libraries are missing"
        log.warning("the CPU is used instead of %s: %s", device, reason)
        return Device().tensorflow, f"cpu ({reason})"
    return device.tensorflow, str(device)


def _within(value: float, limits: tuple[int, int]) -> bool:
    low, high = limits
    return isinstance(value, Real) and not isinstance(value, bool) and low <= value <= high


def _whole(value: float, limits: tuple[int, int], what: str) -> int:
    if not _within(value, limits) or value != int(value):
        low, high = limits
        raise UserError(f"The {what} must be a whole number between {low:,} and {high:,}.")
    return int(value)
