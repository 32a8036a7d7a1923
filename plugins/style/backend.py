"""The style backend: what the tab and Python programs can ask of a painting and of a network."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np
import tensorflow as tf

from host import Context, UserError, checks
from host.weights import Progress
from plugins.style.inside import activation, gram, reconstruction
from plugins.style.inside.feature_maps import feature_maps
from plugins.style.inside.rearranged import rearranged
from plugins.style.inside.results import (
    COUNTS,
    EXCITE_STEPS,
    ORDERS,
    REARRANGEMENTS,
    RECONSTRUCT_SIDES,
    RECONSTRUCT_STEPS,
    SCALES,
    WHAT,
    ExciteStep,
    FeatureMaps,
    GramView,
    Patches,
    Rearranged,
    ReconstructStep,
)
from plugins.style.loaded import LoadedNetworks
from plugins.style.pictures import checked, checked_mask
from plugins.style.preparation import prepared
from plugins.style.preview import Preview
from plugins.style.results import ModelStatus, TransferStep
from plugins.style.settings import GPU_SIZES, SIZES, Settings
from plugins.style.transfer import transfer

_MOST_PAINTINGS = 5


class StyleBackend:
    """Neural style transfer, by default with the first network of ``AUTO_ORDER`` that is here."""

    def __init__(self, context: Context) -> None:
        seen = bool(tf.config.list_physical_devices("GPU"))
        why = "TensorFlow sees no GPU: its CUDA libraries are missing"
        device, self._device_used = context.device.or_cpu(seen, why)
        self._sizes = GPU_SIZES if "GPU" in device.tensorflow else SIZES
        self._networks = LoadedNetworks(context.weights, device.tensorflow)
        self._preview = Preview(device.tensorflow)
        self._networks.objective(Settings())  # compiles: let no visitor wait for that

    # Networks

    def models(self) -> list[ModelStatus]:
        """Every network in the order of ``models.MODELS``, and whether it can answer now."""
        return self._networks.statuses()

    def fetch_weights(self, network: str = "vgg19") -> Iterator[Progress]:
        """Download a network's published weights; yields bytes done and in all.

        Raises UserError when they cannot be had.
        """
        yield from self._networks.fetch(network)

    # Painting

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
        objective = self._networks.objective(settings)
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

    # Inside a network. In all of these ``picture`` is RGB uint8 (H, W, 3), at least 32 pixels a
    # side and at most 4:1; ``network`` is a network's name or "auto"; ``layer`` one of its layers,
    # or "auto" for the one where content is read. Each raises UserError for what it cannot use.

    def feature_maps(
        self,
        picture: np.ndarray | None,
        layer: str = "auto",
        network: str = "auto",
        count: int = 16,
        channels: Sequence[int] = (),
        scale: str = "own",
    ) -> FeatureMaps:
        """The layer's maps that vary most, or the ``channels`` asked for, as one picture.

        count: 1..64. scale: "own" makes each map's largest value white, "joint" that of all.
        """
        count = checks.whole("The number of maps", count, *COUNTS)
        joint = checks.one_of("The grey scale", scale, SCALES) == "joint"
        if len(channels) > COUNTS[1]:
            raise UserError(f"Please ask for at most {COUNTS[1]} channels.")
        return feature_maps(
            self._networks.network(network),
            picture,
            layer,
            count,
            channels,
            joint,
            self._networks.device,
        )

    def excite(
        self,
        layer: str = "auto",
        channel: int = 0,
        network: str = "auto",
        steps: int = 80,
        seed: int = 0,
    ) -> Iterator[ExciteStep]:
        """Grow a picture that excites one channel; yields each step. steps: 10..400."""
        steps = checks.whole("The number of steps", steps, *EXCITE_STEPS)
        seed = checks.seed(seed)
        yield from activation.excite(
            self._networks.network(network), layer, channel, steps, seed, self._networks.device
        )

    def best_patches(
        self,
        picture: np.ndarray | None,
        layer: str = "auto",
        channel: int = 0,
        network: str = "auto",
        count: int = 9,
    ) -> Patches:
        """The patches of the picture that excite one channel most. count: 1..64."""
        count = checks.whole("The number of patches", count, *COUNTS)
        return activation.patches(
            self._networks.network(network), picture, layer, channel, count, self._networks.device
        )

    def gram(
        self,
        picture: np.ndarray | None,
        layer: str = "auto",
        network: str = "auto",
        other: np.ndarray | None = None,
        order: str = "clusters",
    ) -> GramView:
        """Gram matrix and covariance of a layer, of one picture or of two to compare.

        order: of the channels, "clusters" or "strength".
        """
        order = checks.one_of("The order", order, ORDERS)
        return gram.gram(
            self._networks.network(network), picture, layer, other, order, self._networks.device
        )

    def reconstruct(
        self,
        picture: np.ndarray | None,
        layer: str = "auto",
        network: str = "auto",
        what: str = "content",
        steps: int = 100,
        seed: int = 0,
        side: int = 192,
    ) -> Iterator[ReconstructStep]:
        """From noise, the content of one layer or the style of the layers up to it.

        what: "content" or "style". steps: 10..500. side: pixels of the long side, 96..384.
        """
        what = checks.one_of("The part to reconstruct", what, WHAT)
        steps = checks.whole("The number of steps", steps, *RECONSTRUCT_STEPS)
        seed = checks.seed(seed)
        side = checks.whole("The size", side, *RECONSTRUCT_SIDES)
        yield from reconstruction.reconstruct(
            self._networks.network(network),
            picture,
            layer,
            what,
            steps,
            seed,
            side,
            self._networks.device,
        )

    def rearranged(
        self,
        picture: np.ndarray | None,
        layer: str = "auto",
        how: str = "flip",
        network: str = "auto",
        seed: int = 0,
    ) -> Rearranged:
        """Feature maps with their positions exchanged: the same style, another content.

        how: "flip", "shuffle" or "turn".
        """
        how = checks.one_of("The way to rearrange", how, REARRANGEMENTS)
        seed = checks.seed(seed)
        return rearranged(
            self._networks.network(network), picture, layer, how, seed, self._networks.device
        )

    def health(self) -> dict[str, str]:
        """What the Plugins tab shows."""
        return {
            "model": self._networks.default(),
            "device": self._device_used,
            "loaded": self._networks.loaded(),
        }
