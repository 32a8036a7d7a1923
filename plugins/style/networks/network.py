"""A network as the losses see it: pictures in, the feature maps of chosen layers out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import keras

from host import UserError
from plugins.style.models import StyleModel


class FeatureModel(keras.Model):
    """A functional model that returns a list even of one feature map; Keras would unpack it."""

    def call(
        self, inputs: Any, training: bool | None = None, mask: Any = None
    ) -> list[keras.KerasTensor]:
        features = super().call(inputs, training=training, mask=mask)
        return features if isinstance(features, list) else [features]


@dataclass(frozen=True)
class Network:
    """A feature extractor and what the losses read of it.

    name: of one of :data:`plugins.style.models.MODELS`.
    model: maps RGB pictures (N, H, W, 3), float32 in 0..255, H and W at least 32, to a list of
        feature maps (N, h, w, C), one for each name in ``layers``. It computes nothing behind the
        deepest of them. Never negative; bfloat16 for a network of mixed precision.
    layers: the names of the model's outputs, shallow to deep.
    style_weights: layer -> its share in the style loss; the shares add up to 1.
    content_weights: layer -> its share in the content loss; the shares add up to 1.
    every_layer: all layers that can be looked at, shallow to deep.
    whole: as ``model``, for ``every_layer``.
    """

    name: str
    model: keras.Model
    layers: tuple[str, ...]
    style_weights: Mapping[str, float]
    content_weights: Mapping[str, float]
    every_layer: tuple[str, ...] = ()
    whole: keras.Model | None = field(default=None, repr=False)

    @property
    def parameters(self) -> int:
        """How many numbers ``model`` was trained to, those behind its deepest layer left out."""
        return int(self.model.count_params())

    def reading(
        self, style_weights: Mapping[str, float], content_weights: Mapping[str, float]
    ) -> Network:
        """The same network and weights, read at other layers.

        style_weights, content_weights: layer -> how much it counts, 0 or more; each is scaled to
        add up to 1. Layers that count nothing are read too.

        Raises ValueError for a layer that the network lacks, and for weights that are negative or
        all 0.
        """
        chosen = {*style_weights, *content_weights}
        self._check(chosen)
        layers = tuple(name for name in self.every_layer if name in chosen)
        return replace(
            self,
            model=self.features(*layers),
            layers=layers,
            style_weights=_shares(style_weights),
            content_weights=_shares(content_weights),
        )

    def layer_named(self, name: object) -> str:
        """The layer called ``name``; the one where content is read for "" and "auto".

        Raises UserError for one that the network lacks.
        """
        if name in ("", "auto"):
            return next(iter(self.content_weights))
        if not isinstance(name, str) or name not in self.every_layer:
            raise UserError(
                f'The network "{self.name}" has no layer "{str(name)[:40]}"; '
                f"choose one of {', '.join(self.every_layer)}."
            )
        return name

    def features(self, *layers: str) -> keras.Model:
        """A model from pictures as ``model`` takes them to a list of these layers' feature maps.

        It computes nothing behind the deepest. Raises ValueError for a layer that the network
        lacks, and for none.
        """
        self._check(layers)
        assert self.whole is not None  # without it there is no layer that passes the check
        outputs = dict(zip(self.every_layer, self.whole.outputs, strict=True))
        return FeatureModel(
            self.whole.inputs[0], [outputs[name] for name in layers], name=self.name
        )

    def _check(self, layers: Iterable[str]) -> None:
        unknown = [name for name in layers if name not in self.every_layer]
        if unknown:
            raise ValueError(
                f"{self.name} lacks {', '.join(map(str, unknown))}; "
                f"its layers are {', '.join(self.every_layer)}"
            )
        if not layers:
            raise ValueError(f"name a layer of {self.name}")


def network_of(model: StyleModel, whole: keras.Model) -> Network:
    """The network ``model`` that ``whole`` computes, read at the model's own layers.

    whole: its outputs are the feature maps of ``model.layers``, in this order. It is frozen.
    """
    whole.trainable = False  # nothing here learns, and normalisation keeps its trained statistics
    network = Network(model.name, whole, model.layers, {}, {}, model.layers, whole)
    return network.reading(dict.fromkeys(model.style_layers, 1.0), {model.content_layer: 1.0})


def _shares(weights: Mapping[str, float]) -> dict[str, float]:
    total = sum(weights.values())
    if any(weight < 0 for weight in weights.values()) or not total > 0:
        raise ValueError(f"layers must count 0 or more and not all 0: {dict(weights)}")
    return {name: weight / total for name, weight in weights.items()}
