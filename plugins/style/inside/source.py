"""What every page of the inside looks at: a picture, a network, a layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from host.ui import QUIET, ImageInput, offer_examples, photos
from plugins.style.components import network_dropdown
from plugins.style.examples import PAINTINGS
from plugins.style.models import BY_NAME
from plugins.style.settings import AUTO


@dataclass(frozen=True)
class Source:
    """The components; their values are an event's first inputs."""

    picture: ImageInput
    network: gr.Dropdown
    layer: gr.Dropdown

    def inputs(self) -> list[Any]:
        return [self.picture, self.network, self.layer]


def write(backend: Any) -> Source:
    """Write the components; the layers offered are those of the network that will answer."""
    with gr.Row():
        picture = ImageInput(label="Picture to look at", height=240)
        with gr.Column():
            network = network_dropdown("Network to look into")
            # a layer's name from a client is checked by the backend, whatever the list shows
            layer = gr.Dropdown(
                _layers("embedded"),
                value=AUTO,
                label="Layer to look at",
                info="shallow to deep",
                allow_custom_value=True,
            )
            offer_examples([*photos(), *PAINTINGS], picture, "Pictures")

    def layers(name: str, chosen: str) -> gr.Dropdown:
        if name == AUTO:
            name = next(status.name for status in backend.models() if status.active)
        choices = _layers(name if name in BY_NAME else "embedded")
        kept = chosen if any(chosen == value for _, value in choices) else AUTO
        return gr.Dropdown(choices=choices, value=kept)

    gr.on([network.change, picture.change], layers, [network, layer], layer, **QUIET)
    return Source(picture, network, layer)


def _layers(network: str) -> list[tuple[str, str]]:
    model = BY_NAME[network]
    first = f"{model.content_layer}, where content is read"
    return [(first, AUTO), *((name, name) for name in model.layers)]
