"""The networks that answer: which are here, and the ones used last, loaded."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from host import UserError
from host.weights import Progress, WeightsStore
from plugins.style import networks
from plugins.style.models import AUTO_ORDER, BY_NAME, MODELS, StyleModel
from plugins.style.networks import Network
from plugins.style.objective import Objective
from plugins.style.precision import fastest
from plugins.style.results import ModelStatus
from plugins.style.settings import AUTO, Settings

log = logging.getLogger(__name__)

_WARM = 64  # pixels a side of the picture that compiles the losses
_KEPT = 3  # networks and objectives at once: VGG19 alone takes 80 MB


class LoadedNetworks:
    """Networks and objectives, each loaded when it is first needed.

    device: TensorFlow's name of where they compute.
    """

    def __init__(self, weights: WeightsStore, device: str) -> None:
        self._weights, self.device = weights, device
        self._networks: OrderedDict[tuple[str, str], Network] = OrderedDict()
        self._objectives: OrderedDict[tuple[str, str, str], Objective] = OrderedDict()

    def default(self) -> str:
        """Name of the network that "auto" chooses."""
        return next(name for name in AUTO_ORDER if self._ready(BY_NAME[name]))

    def statuses(self) -> list[ModelStatus]:
        """Every network in the order of ``MODELS``, and whether it can answer now."""
        active = self.default()
        return [
            ModelStatus(model.name, ready=self._ready(model), active=model.name == active)
            for model in MODELS
        ]

    def fetch(self, name: str) -> Iterator[Progress]:
        """Download a network's published weights; yields bytes done and in all.

        Raises UserError when they cannot be had.
        """
        model = BY_NAME.get(name)
        if model is None or model.weights is None:
            raise UserError(f'There are no published weights to get for "{name}".')
        yield from self._weights.fetch(model.weights)

    def network(self, name: str, pooling: str = "average") -> Network:
        """The network called ``name``, or the first whose weights are here for "auto"; kept loaded.

        Raises UserError for an unknown one, and where its weights are missing or of another layout.
        """
        name = self._choose(name)
        key = (name, pooling if BY_NAME[name].pools else "average")
        if key not in self._networks:
            weights = BY_NAME[name].weights
            path = None if weights is None else self._weights.get(weights)
            # a published file holds little but numbers of four bytes
            dtype = fastest(0 if weights is None else weights.size // 4, self.device)
            try:
                with tf.device(self.device):
                    network = networks.build(name, path, key[1], dtype)
            except ValueError as error:
                log.warning("%s could not be loaded: %s", name, error)
                raise UserError(
                    f"The weights of {BY_NAME[name].title} on this machine do not fit it; "
                    "please choose another network."
                ) from error
            self._networks[key] = network
        _trim(self._networks, key)
        return self._networks[key]

    def objective(self, settings: Settings) -> Objective:
        """What a transfer with these settings minimises; compiled. Raises UserError as above."""
        network = self.network(settings.network, settings.pooling)
        layer = network.layer_named(settings.content_layer)
        key = (network.name, settings.pooling, layer)
        if key not in self._objectives:
            read = network.reading(network.style_weights, {layer: 1.0})
            objective = Objective(read, self.device)
            grey = np.random.default_rng(0).uniform(0, 255, (_WARM, _WARM, 3)).astype(np.float32)
            objective(grey, objective.target(grey, grey), (1.0, 1.0, 1.0))
            self._objectives[key] = objective
        _trim(self._objectives, key)
        return self._objectives[key]

    def loaded(self) -> str:
        """The networks in memory, in words."""
        return ", ".join(
            f"{name} ({network.parameters / 1e6:.1f} M parameters, {pooling} pooling)"
            for (name, pooling), network in self._networks.items()
        )

    def _choose(self, name: str) -> str:
        if not isinstance(name, str) or name not in (AUTO, *BY_NAME):
            names = ", ".join(f'"{name}"' for name in (AUTO, *BY_NAME))
            raise UserError(f'There is no network "{name}"; choose one of {names}.')
        if name == AUTO:
            return self.default()
        if not self._ready(BY_NAME[name]):
            raise UserError(
                f"{BY_NAME[name].title}'s published weights are not on this machine yet: get them "
                "first, or choose the embedded network."
            )
        return name

    def _ready(self, model: StyleModel) -> bool:
        return model.weights is None or self._weights.find(model.weights) is not None


def _trim(kept: OrderedDict, key: object) -> None:
    """Keep the entries used last."""
    kept.move_to_end(key)
    while len(kept) > _KEPT:
        kept.popitem(last=False)
