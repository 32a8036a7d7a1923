"""Inside the network: feature maps, filters, Gram matrices, reconstructions, rearranged maps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr
import numpy as np

from host.ui import ImageInput
from plugins.style import formulas
from plugins.style import inside_words as say
from plugins.style.examples import PAINTINGS, photos
from plugins.style.inside_results import (
    COUNTS,
    EXCITE_STEPS,
    RECONSTRUCT_SIDES,
    RECONSTRUCT_STEPS,
    ReconstructStep,
)
from plugins.style.models import BY_NAME, MODELS
from plugins.style.settings import AUTO


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
    gr.Markdown(say.ABOUT)
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
        choices = _layers(name if name in BY_NAME else "embedded")
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
    gr.Markdown(say.MAPS)
    with gr.Row():
        count = gr.Slider(*COUNTS, 16, step=1, label="Maps to show", info="those that vary most")
        channels = gr.Textbox("", label="Or these channels", placeholder="such as 3, 17, 40")
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
            picture, layer, network, count, channels=say.numbers(channels), scale=scale
        )
        return maps.picture, (
            f"{say.of(maps.layer)} {maps.silent:.0%} of its answers are 0"
            + (f", and {maps.dead} of its channels are 0 everywhere." if maps.dead else ".")
        )

    run.click(
        style_feature_maps,
        [*source.inputs(), count, channels, scale],
        [shown, words],
        api_name="style_feature_maps",
    )


def _excite(backend: Any, source: _Source) -> None:
    gr.Markdown(say.EXCITE)
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
        step = None
        for step in backend.excite(layer, channel, network, steps, seed):
            if step.picture is not None:
                said = (
                    f"{say.of(step.layer)} Step {step.step} of {step.steps}: channel "
                    f"{step.channel} answers {step.activation:.2f} on average. "
                    f"{say.answer(patches)}"
                )
                if step.step == step.steps and step.activation == 0:
                    said += " It answers to nothing at all: a dead channel."
                yield said, step.picture, *found
        if step is not None and step.step < step.steps:
            yield f"Stopped at step {step.step} of {step.steps}.", *[gr.skip()] * 3

    run.click(
        style_excite,
        [*source.inputs(), channel, steps, seed],
        [words, grown, sheet, heat],
        api_name="style_excite",
        show_progress="minimal",
    )


def _gram(backend: Any, source: _Source) -> None:
    gr.Markdown(say.GRAM)
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
        return view.picture, f"{say.of(view.layer)}\n\n{formulas.gram_formulas(view)}"

    run.click(
        style_gram,
        [*source.inputs(), other, order],
        [shown, words],
        api_name="style_gram",
    )


def _reconstruct(backend: Any, source: _Source) -> None:
    gr.Markdown(say.RECONSTRUCT)
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
                yield say.progress(last), last.picture, formulas.reconstruct_formulas(last, what)
        if last is not None and last.step < last.steps:
            yield f"Stopped. {say.progress(last)}", gr.skip(), gr.skip()

    run.click(
        style_reconstruct,
        [*source.inputs(), what, steps, side, seed],
        [words, shown, formula],
        api_name="style_reconstruct",
        show_progress="minimal",
    )


def _rearranged(backend: Any, source: _Source) -> None:
    gr.Markdown(say.REARRANGED)
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
        said = f"{say.of(result.layer)}\n\n{formulas.rearranged_formulas(result)}"
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
    stop.click(
        lambda: backend.cancel("excite", "reconstruct"),
        None,
        None,
        queue=False,
        api_visibility="private",
    )


def _layers(network: str) -> list[tuple[str, str]]:
    model = BY_NAME[network]
    first = f"{model.content_layer}, where content is read"
    return [(first, AUTO), *((name, name) for name in model.layers)]
