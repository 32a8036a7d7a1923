"""The style plugin's backend: which network answers, and the calls of the tab."""

from __future__ import annotations

import dataclasses
import logging
from collections import OrderedDict
from collections.abc import Iterator, Sequence

import numpy as np
import tensorflow as tf

from host import Context, UserError
from host.weights import Progress
from plugins.style import networks
from plugins.style.inside.calls import InsideCalls
from plugins.style.models import AUTO_ORDER, BY_NAME, MODELS
from plugins.style.networks import Network
from plugins.style.objective import Objective
from plugins.style.pictures import checked, checked_mask
from plugins.style.precision import fastest
from plugins.style.preparation import prepared
from plugins.style.preview import Preview
from plugins.style.results import NetworkInfo, TransferStep
from plugins.style.settings import AUTO, GPU_SIZES, SIZES, Settings
from plugins.style.transfer import transfer

log = logging.getLogger(__name__)

_WARM = 64  # pixels a side of the picture that compiles the losses
_KEPT = 3  # networks and objectives at once: VGG19 alone takes 80 MB
_MOST_PAINTINGS = 5


class StyleBackend(InsideCalls):
    """Neural style transfer, by default with the first network of ``AUTO_ORDER`` that is here."""

    def __init__(self, context: Context) -> None:
        self._weights = context.weights
        seen = bool(tf.config.list_physical_devices("GPU"))
        why = "TensorFlow sees no GPU: its CUDA libraries are missing"
        device, self._device_used = context.device.or_cpu(seen, why)
        self._device = device.tensorflow
        self._sizes = GPU_SIZES if "GPU" in self._device else SIZES
        self._networks: OrderedDict[tuple[str, str], Network] = OrderedDict()
        self._objectives: OrderedDict[tuple[str, str, str], Objective] = OrderedDict()
        self._preview = Preview(self._device)
        self._objective(Settings())

    def transfer(
        self,
        content: np.ndarray | None,
        styles: Sequence[np.ndarray | None] | np.ndarray | None,
        settings: Settings | None = None,
        masks: Sequence[np.ndarray | None] | None = None,
        picture: np.ndarray | None = None,
        done: int = 0,
    ) -> Iterator[TransferStep]:
        """Paint ``content`` in the manner of ``styles``; yields each step as it is done.

        content, styles: RGB uint8 (H, W, 3), at least 32 pixels a side and at most 4:1; one
            painting or up to five.
        settings: how; those that are not given are the best known.
        masks: for each painting bool or uint8 (H, W) over the photo, where it shall show, or None:
            paintings without a mask share what is left.
        picture, done: go on from this picture as if so many steps were done.

        Raises UserError for anything outside these limits.
        """
        content = checked(content, "photo")
        if styles is None or isinstance(styles, np.ndarray):
            styles = [styles]
        if not isinstance(styles, list | tuple) or not 1 <= len(styles) <= _MOST_PAINTINGS:
            raise UserError(f"Please choose 1 to {_MOST_PAINTINGS} paintings.")
        paintings = [checked(style, "painting") for style in styles]
        masks = [None] * len(paintings) if masks is None else masks
        if not isinstance(masks, list | tuple) or len(masks) != len(paintings):
            raise UserError("Please give one mask, or none, for each painting.")
        if not isinstance(settings, Settings | None):
            raise UserError("The settings are of another kind.")
        settings = (settings or Settings()).checked(len(paintings), self._sizes)
        if picture is not None:
            picture = checked(picture, "picture to go on from")
        if isinstance(done, bool) or not isinstance(done, int) or not 0 <= done < settings.steps:
            raise UserError("The steps already done must be fewer than all steps.")
        drawn = [checked_mask(mask) for mask in masks]
        # one whose share is 0 leaves its place to the others
        parts = [
            part for part in zip(paintings, drawn, settings.shares, strict=True) if part[2] > 0
        ]
        settings = dataclasses.replace(settings, shares=tuple(share for _, _, share in parts))
        objective = self._objective(settings)
        work = prepared(
            content,
            [painting for painting, _, _ in parts],
            [mask for _, mask, _ in parts],
            settings,
            self._preview,
            picture,
        )
        try:
            yield from transfer(objective, work, settings, done)
        except tf.errors.ResourceExhaustedError as error:
            raise UserError(
                f"A picture of {settings.size} pixels does not fit into the memory here; "
                "please choose a smaller size."
            ) from error

    def networks(self) -> list[NetworkInfo]:
        """The networks, the paper's first."""
        return [
            NetworkInfo(
                model.name, model.weights is None or self._weights.find(model.weights) is not None
            )
            for model in MODELS
        ]

    def fetch_weights(self, network: str = "vgg19") -> Iterator[Progress]:
        """Download a network's published weights; yields bytes done and in all.

        Raises UserError when they cannot be had.
        """
        model = BY_NAME.get(network)
        if model is None or model.weights is None:
            raise UserError(f'There are no published weights to get for "{network}".')
        yield from self._weights.fetch(model.weights)

    def health(self) -> dict[str, str]:
        """What the Plugins tab shows."""
        return {
            "model": self._choose(AUTO),
            "device": self._device_used,
            "loaded": ", ".join(
                f"{name} ({network.parameters / 1e6:.1f} M parameters, {pooling} pooling)"
                for (name, pooling), network in self._networks.items()
            ),
        }

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
            dtype = fastest(0 if weights is None else weights.size // 4, self._device)
            try:
                with tf.device(self._device):
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

    def _choose(self, name: str) -> str:
        ready = {info.name: info.ready for info in self.networks()}
        if not isinstance(name, str) or name not in (AUTO, *ready):
            names = ", ".join(f'"{name}"' for name in (AUTO, *ready))
            raise UserError(f'There is no network "{name}"; choose one of {names}.')
        if name == AUTO:
            return next(name for name in AUTO_ORDER if ready[name])
        if not ready[name]:
            raise UserError(
                f"{BY_NAME[name].title}'s published weights are not on this machine yet: get them "
                "first, or choose the embedded network."
            )
        return name

    def _objective(self, settings: Settings) -> Objective:
        network = self.network(settings.network, settings.pooling)
        layer = network.layer_named(settings.content_layer)
        key = (network.name, settings.pooling, layer)
        if key not in self._objectives:
            read = network.reading(network.style_weights, {layer: 1.0})
            objective = Objective(read, self._device)
            grey = np.random.default_rng(0).uniform(0, 255, (_WARM, _WARM, 3)).astype(np.float32)
            objective(grey, objective.target(grey, grey), (1.0, 1.0, 1.0))
            self._objectives[key] = objective
        _trim(self._objectives, key)
        return self._objectives[key]


def _trim(kept: OrderedDict, key: object) -> None:
    """Keep the entries used last."""
    kept.move_to_end(key)
    while len(kept) > _KEPT:
        kept.popitem(last=False)
