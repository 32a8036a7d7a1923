"""Inside the network: feature maps, filters, Gram matrices, reconstructions, rearranged maps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr
import numpy as np

from host import UserError
from host.ui import ImageInput
from plugins.style import formulas
from plugins.style.examples import PAINTINGS, photos
from plugins.style.inside_results import (
    COUNTS,
    EXCITE_STEPS,
    RECONSTRUCT_SIDES,
    RECONSTRUCT_STEPS,
    Layer,
    Patches,
    ReconstructStep,
)
from plugins.style.models import BY_NAME, MODELS

AUTO = "auto"

_ABOUT = """\
A network turns a picture into **feature maps**, layer by layer: each channel of a layer is a filter
that answers everywhere in the picture. Here you see what the filters see, what a layer keeps of a
picture, and why style is what does not depend on *where*.
"""
_MAPS = """\
Each square is one channel of the layer; white is where it answers most, black is 0. **Shallow**
layers answer to edges and colours and are as sharp as the picture. **Deep** ones see larger and
larger parts of it (the receptive field) and answer to patterns and parts of things, coarsely.
"""
_EXCITE = """\
The picture on the left is **grown from noise until the filter answers as much as it can**: the
filter's own pattern (activation maximisation: Erhan, Bengio, Courville and Vincent 2009,
*Visualizing Higher-Layer Features of a Deep Network*). Then come the places of *your* picture that
it answers to most, each with its answer, and where they are (red).
"""
_GRAM = """\
The **Gram matrix** of a layer says how much every two channels answer *together*, summed over the
whole picture. Where they do so is summed away: what stays is **style**. The covariance is the same
without the channels' means. Bright blocks are channels that go together, say one colour and one
direction of stroke. Give a second picture to compare the two.
"""
_RECONSTRUCT = """\
A picture of noise is changed **until the layer cannot tell it from yours**. *Content* of a shallow
layer brings back nearly every pixel; of a deep one only what is where: colours and fine strokes are
free ([Mahendran and Vedaldi 2015](https://doi.org/10.1109/CVPR.2015.7299155)). *Style* of the
layers up to yours brings back the texture at other places, in larger pieces the deeper they go
([Gatys et al. 2016, figure 1](https://doi.org/10.1109/CVPR.2016.265)).
"""
_REARRANGED = """\
All channels of the feature maps are **rearranged in the same way**: mirrored, shuffled or turned.
To the Gram matrix nothing has happened, so the **style loss is 0**; everything is at another place,
so the content loss is large. The same done to the **picture** is not the same: a mirrored filter
would be needed to answer equally. Mirrored, its style loss is small; with its *pixels* shuffled it
is large, for the strokes are gone.
"""


@dataclass(frozen=True)
class _Source:
    """What every part looks at."""

    picture: ImageInput
    network: gr.Dropdown
    layer: gr.Dropdown

    def inputs(self) -> list[Any]:
        return [self.picture, self.network, self.layer]


def build(backend: Any) -> None:
    """Write the components; ``backend`` is the proxy of a StyleBackend."""
    gr.Markdown(_ABOUT)
    source = _source(backend)
    with gr.Tabs():
        for title, part in (
            ("Feature maps", _feature_maps),
            ("What excites a filter", _excite),
            ("Gram matrix", _gram),
            ("Reconstruction", _reconstruct),
            ("Same style, other content", _rearranged),
        ):
            with gr.Tab(title):
                part(backend, source)


def _source(backend: Any) -> _Source:
    with gr.Row():
        picture = ImageInput(label="Picture to look at", height=240)
        with gr.Column():
            network = gr.Dropdown(
                [("VGG19 if its weights are here, else embedded", AUTO)]
                + [(model.title, model.name) for model in MODELS],
                value=AUTO,
                label="Network to look into",
            )
            # a layer's name from a client is checked by the backend, whatever the list shows
            layer = gr.Dropdown(
                _layers("embedded"),
                value=AUTO,
                label="Layer to look at",
                info="shallow to deep",
                allow_custom_value=True,
            )
            paths = [*photos(), *PAINTINGS]
            if paths:
                gr.Examples(
                    [str(path) for path in paths],
                    picture,
                    label="Pictures",
                    api_visibility="private",
                )

    def layers(name: str, chosen: str) -> gr.Dropdown:
        if name == AUTO:
            ready = [info.name for info in backend.networks() if info.ready]
            name = next((each for each in ready if each in BY_NAME), "embedded")
        choices = _layers(name)
        kept = chosen if any(chosen == value for _, value in choices) else AUTO
        return gr.Dropdown(choices=choices, value=kept)

    gr.on(
        [network.change, picture.change],
        layers,
        [network, layer],
        layer,
        api_visibility="private",
        show_progress="hidden",
    )
    return _Source(picture, network, layer)


def _feature_maps(backend: Any, source: _Source) -> None:
    gr.Markdown(_MAPS)
    with gr.Row():
        count = gr.Slider(*COUNTS, 16, step=1, label="Maps to show", info="those that vary most")
        channels = gr.Textbox(label="Or these channels", placeholder="such as 3, 17, 40")
        scale = gr.Radio(
            [("its own", "own"), ("all alike", "joint")], value="own", label="Brightness of a map"
        )
    run = gr.Button("Show the feature maps", variant="primary")
    shown = _image("Feature maps")
    words = gr.Markdown()

    def style_feature_maps(
        picture: np.ndarray | None,
        network: str = AUTO,
        layer: str = AUTO,
        count: int = 16,
        channels: str = "",
        scale: str = "own",
    ) -> tuple[np.ndarray, str]:
        """The feature maps of one layer of a network for a picture.

        The network is a name of the list or "auto"; the layer one of its layers, or "auto" for the
        one where content is read. Shows the count (1 to 64) maps that vary most, or the channels
        named, such as "3, 17". The scale is "own" or "joint". Returns the maps in one picture and
        a sentence about the layer.
        """
        maps = backend.feature_maps(
            picture, layer, network, count, channels=_numbers(channels), scale=scale
        )
        return maps.picture, (
            f"{_of(maps.layer)} {maps.silent:.0%} of its answers are 0"
            + (f", and {maps.dead} of its channels are 0 everywhere." if maps.dead else ".")
        )

    run.click(
        style_feature_maps,
        [*source.inputs(), count, channels, scale],
        [shown, words],
        api_name="style_feature_maps",
    )


def _excite(backend: Any, source: _Source) -> None:
    gr.Markdown(_EXCITE)
    with gr.Row():
        channel = gr.Number(0, precision=0, minimum=0, label="Channel")
        steps = gr.Slider(*EXCITE_STEPS, 80, step=10, label="Steps of growing")
        seed = gr.Number(0, precision=0, minimum=0, label="Seed of growing")
    with gr.Row():
        run = gr.Button("Grow", variant="primary")
        _stop(backend)
    words = gr.Markdown()
    with gr.Row():
        grown = _image("What excites it most")
        sheet = _image("Places of your picture that excite it")
        heat = _image("Where they are")

    def style_excite(
        picture: np.ndarray | None,
        network: str = AUTO,
        layer: str = AUTO,
        channel: int = 0,
        steps: int = 80,
        seed: int = 0,
    ) -> Iterator[tuple[Any, ...]]:
        """What excites one channel of a layer; streams a picture while it grows from noise.

        The steps are 10 to 400. With a picture, also its patches that excite the channel most.
        Returns a sentence, the grown picture, the patches, and the picture lit where they are.
        """
        patches = None
        if picture is not None:
            patches = backend.best_patches(picture, layer, channel, network)
        found = (patches.sheet, patches.heat) if patches else (None, None)
        for step in backend.excite(layer, channel, network, steps, seed):
            if step.picture is not None:
                said = (
                    f"{_of(step.layer)} Step {step.step} of {step.steps}: channel {step.channel} "
                    f"answers {step.activation:.2f} on average. {_answer(patches)}"
                )
                if step.step == step.steps and step.activation == 0:
                    said += " It answers to nothing at all: a dead channel."
                yield said, step.picture, *found

    run.click(
        style_excite,
        [*source.inputs(), channel, steps, seed],
        [words, grown, sheet, heat],
        api_name="style_excite",
        show_progress="minimal",
    )


def _gram(backend: Any, source: _Source) -> None:
    gr.Markdown(_GRAM)
    with gr.Row():
        other = ImageInput(label="Second picture, to compare", height=200)
        with gr.Column():
            order = gr.Radio(
                [("those that go together", "clusters"), ("the strongest first", "strength")],
                value="clusters",
                label="Order of the channels",
            )
            run = gr.Button("Show the Gram matrix", variant="primary")
    shown = _image("Gram matrix and covariance")
    words = gr.Markdown()

    def style_gram(
        picture: np.ndarray | None,
        network: str = AUTO,
        layer: str = AUTO,
        other: np.ndarray | None = None,
        order: str = "clusters",
    ) -> tuple[np.ndarray, str]:
        """The Gram matrix and covariance of a layer for a picture, or for two to compare.

        The order of the channels is "clusters" or "strength". Returns the drawn matrices and the
        formulas with their numbers.
        """
        view = backend.gram(picture, layer, network, other, order)
        return view.picture, f"{_of(view.layer)}\n\n{formulas.gram_formulas(view)}"

    run.click(
        style_gram,
        [*source.inputs(), other, order],
        [shown, words],
        api_name="style_gram",
    )


def _reconstruct(backend: Any, source: _Source) -> None:
    gr.Markdown(_RECONSTRUCT)
    with gr.Row():
        what = gr.Radio(
            [("content of this layer", "content"), ("style up to this layer", "style")],
            value="content",
            label="Bring back",
        )
        steps = gr.Slider(*RECONSTRUCT_STEPS, 100, step=10, label="Steps of bringing back")
        side = gr.Slider(*RECONSTRUCT_SIDES, 192, step=32, label="Pixels of the long side")
        seed = gr.Number(0, precision=0, minimum=0, label="Seed of the noise")
    with gr.Row():
        run = gr.Button("Reconstruct", variant="primary")
        _stop(backend)
    words = gr.Markdown()
    shown = _image("Reconstruction")
    formula = gr.Markdown()

    def style_reconstruct(
        picture: np.ndarray | None,
        network: str = AUTO,
        layer: str = AUTO,
        what: str = "content",
        steps: int = 100,
        side: int = 192,
        seed: int = 0,
    ) -> Iterator[tuple[Any, ...]]:
        """From noise, what a layer knows of a picture; streams the picture while it is made.

        Brings back "content" of the layer or "style" of the layers up to it, in 10 to 500 steps at
        a long side of 96 to 384 pixels. Returns a sentence, the picture, and the formula.
        """
        last: ReconstructStep | None = None
        for last in backend.reconstruct(picture, layer, network, what, steps, seed, side):
            if last.picture is not None:
                yield _progress(last), last.picture, formulas.reconstruct_formulas(last, what)
        if last is not None and last.step < last.steps:
            yield f"Stopped. {_progress(last)}", gr.skip(), gr.skip()

    run.click(
        style_reconstruct,
        [*source.inputs(), what, steps, side, seed],
        [words, shown, formula],
        api_name="style_reconstruct",
        show_progress="minimal",
    )


def _rearranged(backend: Any, source: _Source) -> None:
    gr.Markdown(_REARRANGED)
    with gr.Row():
        how = gr.Radio(
            [("mirror", "flip"), ("shuffle", "shuffle"), ("turn upside down", "turn")],
            value="flip",
            label="Rearrange",
        )
        run = gr.Button("Rearrange and measure", variant="primary")
    with gr.Row():
        before = _image("Some feature maps")
        after = _image("The same, rearranged")
        other = _image("The picture itself, rearranged")
    words = gr.Markdown()

    def style_rearranged(
        picture: np.ndarray | None,
        network: str = AUTO,
        layer: str = AUTO,
        how: str = "flip",
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, str]:
        """Rearranged feature maps have the same style and another content.

        How is "flip", "shuffle" or "turn". Returns some maps before and after, the picture
        rearranged in the same way, and the losses of both with their formulas.
        """
        result = backend.rearranged(picture, layer, how, network)
        said = f"{_of(result.layer)}\n\n{formulas.rearranged_formulas(result)}"
        return result.before, result.after, result.picture, said

    run.click(
        style_rearranged,
        [*source.inputs(), how],
        [before, after, other, words],
        api_name="style_rearranged",
    )


def _image(label: str) -> gr.Image:
    return gr.Image(
        label=label, format="png", interactive=False, buttons=["download", "fullscreen"]
    )


def _stop(backend: Any) -> None:
    stop = gr.Button("Stop")
    stop.click(backend.cancel, None, None, queue=False, api_visibility="private")


def _layers(network: str) -> list[tuple[str, str]]:
    model = BY_NAME[network]
    first = f"{model.content_layer}, where content is read"
    return [(first, AUTO), *((name, name) for name in model.layers)]


def _numbers(text: str) -> tuple[int, ...]:
    """The whole numbers in "3, 17 40". Raises UserError for anything else."""
    words = [word for word in re.split(r"[\s,;]+", text or "") if word]
    if not all(re.fullmatch(r"[0-9]{1,6}", word) for word in words):
        raise UserError("Please name channels by their numbers, such as 3, 17, 40.")
    return tuple(int(word) for word in words)


def _of(layer: Layer) -> str:
    title = BY_NAME[layer.network].title if layer.network in BY_NAME else layer.network
    return (
        f"{title}, {layer.name}: {layer.channels} maps of {layer.width} x {layer.height}, one "
        f"position every {layer.stride} pixels; each sees {layer.receptive_field} x "
        f"{layer.receptive_field} pixels."
    )


def _answer(patches: Patches | None) -> str:
    if patches is None:
        return ""
    if not patches.activations:
        return "To your picture it does not answer at all."
    return (
        f"To your picture it answers {patches.mean:.2f} on average, "
        f"{patches.activations[0]:.2f} at most."
    )


def _progress(step: ReconstructStep) -> str:
    left = f", about {step.left:.0f} s left" if step.left else ""
    loss = "" if step.loss is None else f": loss {step.loss:.3g} (0 is equal)"
    return f"Step {step.step} of {step.steps}{loss}{left}. Layers: {', '.join(step.layers)}."
