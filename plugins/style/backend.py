"""The style plugin's backend: which network answers, and the calls of the tab."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from host import Context, UserError
from host.weights import Progress
from plugins.style import networks
from plugins.style.objective import Objective
from plugins.style.pictures import checked
from plugins.style.results import (
    DEFAULT_SIZE,
    DEFAULT_STEPS,
    SIZES,
    STEPS,
    NetworkInfo,
    TransferStep,
)
from plugins.style.transfer import Weights, transfer

_WARM = 64  # pixels a side of the picture that compiles the losses
_MAX_WEIGHT = 100.0


class StyleBackend:
    """Neural style transfer with VGG19 where its weights are at hand, else the embedded network."""

    def __init__(self, context: Context) -> None:
        self._weights = context.weights
        self._objectives: dict[str, Objective] = {}
        self._objective(self._choose(None))

    def transfer(
        self,
        content: np.ndarray | None,
        style: np.ndarray | None,
        size: int = DEFAULT_SIZE,
        steps: int = DEFAULT_STEPS,
        content_weight: float = 1.0,
        style_weight: float = 1.0,
        smoothness: float = 1.0,
        network: str | None = None,
        seed: int = 0,
    ) -> Iterator[TransferStep]:
        """Paint ``content`` in the manner of ``style``; yields each step as it is done.

        content, style: RGB uint8 (H, W, 3), at least 32 pixels a side and at most 4:1.
        size: pixels of the result's long side, 128..768. steps: 10..600.
        content_weight, style_weight, smoothness: 0..100, 1 is balanced.
        network: "vgg19", "embedded" or None for the better one that is here.
        seed: of the grain put on the photo before the first step.

        Raises UserError for anything outside these limits.
        """
        content, style = checked(content, "photo"), checked(style, "painting")
        size = _within(size, SIZES, "size")
        steps = _within(steps, STEPS, "number of steps")
        for weight in (content_weight, style_weight, smoothness):
            if not 0 <= weight <= _MAX_WEIGHT:
                raise UserError(f"Each weight must be between 0 and {_MAX_WEIGHT:g}.")
        if content_weight == style_weight == 0:
            raise UserError("Let the photo or the painting count: both weights are 0.")
        objective = self._objective(self._choose(network))
        weights = Weights(content_weight, style_weight, smoothness)
        yield from transfer(objective, content, style, size, steps, weights, int(seed))

    def networks(self) -> list[NetworkInfo]:
        """The networks, better one first."""
        return [
            NetworkInfo(
                "vgg19",
                self._weights.find(networks.VGG19_WEIGHTS) is not None,
                "VGG19 with the published ImageNet weights, as in the paper.",
            ),
            NetworkInfo(
                "embedded",
                True,
                "A small network trained by this project, which needs no download.",
            ),
        ]

    def fetch_weights(self) -> Iterator[Progress]:
        """Download VGG19's published weights; yields bytes done and in all.

        Raises UserError when they cannot be had.
        """
        yield from self._weights.fetch(networks.VGG19_WEIGHTS)

    def health(self) -> dict[str, str]:
        """What the Plugins tab shows."""
        return {
            "answers": self._choose(None),
            "loaded": ", ".join(
                f"{name} ({objective.network.parameters / 1e6:.1f} M parameters)"
                for name, objective in self._objectives.items()
            ),
        }

    def _choose(self, name: str | None) -> str:
        here = [info.name for info in self.networks() if info.ready]
        if name is None:
            return here[0]
        if name not in {info.name for info in self.networks()}:
            raise UserError(f'There is no network "{name}"; choose "vgg19" or "embedded".')
        if name not in here:
            raise UserError(
                "VGG19's published weights are not on this machine yet: get them first, "
                "or choose the embedded network."
            )
        return name

    def _objective(self, name: str) -> Objective:
        if name not in self._objectives:
            if name == "vgg19":
                path = self._weights.get(networks.VGG19_WEIGHTS)
                network = networks.vgg19(path)
            else:
                network = networks.embedded()
            objective = Objective(network)
            grey = np.random.default_rng(0).uniform(0, 255, (_WARM, _WARM, 3)).astype(np.float32)
            objective(grey, objective.target(grey, grey), (1.0, 1.0, 1.0))
            self._objectives[name] = objective
        return self._objectives[name]


def _within(value: float, limits: tuple[int, int], what: str) -> int:
    low, high = limits
    if not low <= value <= high:
        raise UserError(f"The {what} must be between {low} and {high}.")
    return int(value)
