"""Paint: choose a photo and paintings, watch the one being painted like the others."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pandas as pd
from gradio.processing_utils import save_bytes_to_cache

from host import UserError
from host.ui import ImageInput
from plugins.style import settings as ranges
from plugins.style.drawn_masks import BRUSHES, drawn_masks
from plugins.style.examples import CREDITS, PAINTINGS, photos
from plugins.style.files import painted_png, read_settings
from plugins.style.formulas import transfer_formulas
from plugins.style.models import BY_NAME, MODELS
from plugins.style.painting import LAYER_CURVES, Painting
from plugins.style.results import TransferStep
from plugins.style.settings import AUTO, Settings

_ABOUT = """\
The photo's pixels are changed step by step until a network sees the photo's objects and the
painting's textures in them ([Gatys, Ecker and Bethge
2016](https://openaccess.thecvf.com/content_cvpr_2016/html/Gatys_Image_Style_Transfer_CVPR_2016_paper.html)).
Move a slider while it paints: it goes on from the picture as it is.
"""
_COLOURS = {"total": "#334155", "content": "#2563eb", "style": "#dc2626", "smoothness": "#16a34a"}
_LAYER_COLOURS = dict(
    zip(LAYER_CURVES, ("#fbbf24", "#f97316", "#dc2626", "#a21caf", "#4338ca"), strict=True)
)
_STARTS = [
    ("the quick sketch", "preview"),
    ("the photo", "photo"),
    ("the photo in the painting's colours", "colours"),
    ("noise", "noise"),
]
_KEEP = [
    ("the painting's", "painting"),
    ("the photo's, by recolouring the painting first", "histogram"),
    ("the photo's, by painting only light and dark", "luminance"),
]


@dataclasses.dataclass(frozen=True)
class _Controls:
    """The components that together are a :class:`Settings`, by the names of its fields."""

    named: dict[str, gr.components.Component]

    def inputs(self) -> list[Any]:
        return list(self.named.values())

    def outputs(self, settings: Settings) -> list[Any]:
        """A value for each component."""
        values = _values(settings)
        return [values[name] for name in self.named]


def build(backend: Any) -> None:
    """Write the sub-tab's components."""
    gr.Markdown(_ABOUT)
    with gr.Row():
        with gr.Column():
            with gr.Row():
                with gr.Column(min_width=200):
                    content = ImageInput(label="Photo", height=240)
                    _examples(photos(), content)
                with gr.Column(min_width=200):
                    style = ImageInput(label="Painting", height=240)
                    _examples(PAINTINGS, style)
            with gr.Row():
                run = gr.Button("Paint", variant="primary")
                pause = gr.Button("Pause")
                go_on = gr.Button("Go on")
            named: dict[str, Any] = {
                "content_weight": _weight("Photo weight", "how clearly its objects stay"),
                "style_weight": _weight("Painting weight", "how strongly its manner shows"),
                "smoothness": _weight("Smoothness weight", "how calm it is between the strokes"),
            }
            with gr.Accordion("More paintings, and where they show", open=False):
                more, drawing = _more_paintings(content, named)
            with gr.Accordion("More settings", open=False):
                _more_settings(named)
                earlier = gr.File(
                    label="Take the settings of a picture painted here",
                    file_types=[".png"],
                    type="filepath",
                    height=90,
                )
        with gr.Column():
            with gr.Tabs():
                with gr.Tab("Picture"):
                    result = gr.Image(
                        label="Result",
                        format="png",
                        interactive=False,
                        height=420,
                        buttons=["download", "fullscreen"],
                    )
                with gr.Tab("Before and after"):
                    compared = gr.ImageSlider(
                        label="Photo and result", format="jpeg", interactive=False, height=420
                    )
            status = gr.Markdown("Choose a photo and a painting, then press Paint.")
            with gr.Row():
                download = gr.DownloadButton("Download the picture", interactive=False)
                film = gr.DownloadButton("Download the making (GIF)", interactive=False)
            gr.Markdown(
                # The plot cuts its own legend off.
                "**Losses**: total (dark grey), content (blue), style (red), smoothness (green). "
                "They jump where the painting goes on at a larger size."
            )
            curve = _curve("Losses, times their weights", _COLOURS)
            with gr.Accordion("Style loss by layer", open=False):
                gr.Markdown(
                    "How much of the painting's style each layer misses, from layer 1, fine grain "
                    "(yellow), to layer 5, large forms (indigo)."
                )
                by_layer = _curve("Style loss of each layer", _LAYER_COLOURS)
            with gr.Accordion("The formulas, with the numbers of this picture", open=False):
                formulas = gr.Markdown("Paint something first.")
    gr.Markdown(CREDITS)

    controls = _Controls(named)
    painting = gr.State(None)  # a Painting once there is one
    shown = [painting, result, status, curve, by_layer, formulas]

    def style_transfer(
        content: np.ndarray | None,
        style: np.ndarray | None,
        second: np.ndarray | None = None,
        third: np.ndarray | None = None,
        drawing: dict[str, Any] | None = None,
        content_weight: float = 1.0,
        style_weight: float = 1.0,
        smoothness: float = 1.0,
        first_share: float = 1.0,
        second_share: float = 1.0,
        third_share: float = 1.0,
        size: int = 384,
        steps: int = 120,
        seconds: float = 0,
        start: str = "preview",
        colours: str = "painting",
        network: str = AUTO,
        content_layer: str = "",
        pooling: str = "average",
        layer1: float = 1.0,
        layer2: float = 1.0,
        layer3: float = 1.0,
        layer4: float = 1.0,
        layer5: float = 1.0,
        seed: int = 0,
    ) -> Iterator[tuple[Any, ...]]:
        """Paint a photo in the manner of one, two or three paintings; streams the picture.

        Args:
            content: the photo.
            style, second, third: the paintings.
            drawing: where the second painting (red) and the third (blue) show; without, the
                paintings are blended.
            content_weight, style_weight, smoothness: 0 to 5, 1 is balanced.
            first_share, second_share, third_share: how much each painting counts.
            size: of the result's long side in pixels.
            steps: at most; seconds: at most, 0 for no limit.
            start: "preview", "photo", "colours" or "noise".
            colours: "painting", or the photo's by "histogram" or "luminance".
            network: "auto" or the name of a network.
            content_layer: where the photo is read, "" for the network's own choice.
            pooling: "average" or "max".
            layer1, layer2, layer3, layer4, layer5: weights of the style layers, fine to large.
            seed: 0 to 4294967295.

        Returns:
            The picture, a sentence on how it was made, the losses by step, the style losses by
            step and layer, the formulas, the picture as a PNG file with its settings, the film of
            its making as a GIF file, and photo and picture to compare.
        """
        values = dict(
            zip(
                controls.named,
                (
                    content_weight,
                    style_weight,
                    smoothness,
                    first_share,
                    second_share,
                    third_share,
                    size,
                    steps,
                    seconds,
                    start,
                    colours,
                    network,
                    content_layer,
                    pooling,
                    layer1,
                    layer2,
                    layer3,
                    layer4,
                    layer5,
                    seed,
                ),
                strict=True,
            )
        )
        if style is None:
            raise UserError("Please choose a painting first.")
        given = [(style, 0), (second, 1), (third, 2)]
        there = [(each, number) for each, number in given if each is not None]
        settings = _settings(values, [number for _, number in there])
        masks = drawn_masks(drawing, len(given))
        yield from _stream(
            Painting(
                content,
                [each for each, _ in there],
                [masks[number] for _, number in there],
                settings,
            )
        )

    def continue_painting(painting: Painting | None, *values: Any) -> Iterator[tuple[Any, ...]]:
        """Go on from the picture as it is, with the settings as they are now."""
        if painting is None or painting.picture is None:
            raise UserError("There is no picture to go on from yet: press Paint.")
        named = dict(zip(controls.named, values, strict=True))
        numbers = list(range(len(painting.styles)))
        settings = _settings(named, numbers)
        if settings.size != painting.settings.size:
            raise UserError("The size is fixed once a painting is begun: press Paint for another.")
        painting.go_on(settings)
        yield from _stream(painting)

    def _stream(painting: Painting) -> Iterator[tuple[Any, ...]]:
        painted = False
        for step in painting.paint(backend):
            painted = True
            if step.image is not None and not painting.finished:
                yield (*_shown(painting, step, _progress(step)), *[gr.skip()] * 3)
        last = painting.last
        if not painted or last is None or painting.picture is None:
            # nothing was painted: what is shown stays
            yield (gr.skip(), gr.skip(), "Stopped before the first step.", *[gr.skip()] * 6)
            return
        picture, making = _files(download, painting, last)
        pair = (painting.photo, painting.picture)
        yield (*_shown(painting, last, _outcome(painting, last)), picture, making, pair)

    def change(painting: Painting | None, *values: Any) -> None:
        """A slider moved: a painting under way goes on with its new value."""
        if painting is not None and not painting.finished:
            named = dict(zip(controls.named, values, strict=True))
            new = _settings(named, list(range(len(painting.styles))))
            # only what needs no other start and no other network
            painting.settings = dataclasses.replace(
                painting.settings,
                content_weight=new.content_weight,
                style_weight=new.style_weight,
                smoothness=new.smoothness,
                shares=new.shares,
                layer_weights=new.layer_weights,
            )

    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    done = [*shown, download, film, compared]
    for button in (run, go_on):
        button.click(
            lambda: (gr.DownloadButton(interactive=False), gr.DownloadButton(interactive=False)),
            None,
            [download, film],
            queue=False,
            **quiet,
        )
    painted = run.click(
        style_transfer,
        [content, style, *more, drawing, *controls.inputs()],
        done,
        api_name="style_transfer",
        show_progress="minimal",
    )
    continued = go_on.click(
        continue_painting,
        [painting, *controls.inputs()],
        done,
        api_visibility="private",
        show_progress="minimal",
    )
    for event in (painted, continued):
        event.then(
            lambda *paths: [gr.DownloadButton(interactive=bool(path)) for path in paths],
            [download, film],
            [download, film],
            **quiet,
        )
    pause.click(backend.cancel, None, None, queue=False, api_visibility="private")
    for name, control in named.items():
        if name.startswith("layer") or name.endswith(("_weight", "_share", "smoothness")):
            control.input(
                change,
                [painting, *controls.inputs()],
                None,
                queue=False,
                trigger_mode="always_last",
                **quiet,
            )
    earlier.upload(
        lambda path: controls.outputs(read_settings(path)), earlier, controls.inputs(), **quiet
    )

    def layers(network: str) -> gr.Dropdown:
        return gr.Dropdown(choices=_content_layers(network), value="")

    named["network"].change(layers, named["network"], named["content_layer"], **quiet)


def _weight(label: str, info: str) -> gr.Slider:
    return gr.Slider(0, 5, 1, step=0.1, label=label, info=f"{info}; 1 is balanced")


def _more_paintings(
    content: ImageInput, named: dict[str, Any]
) -> tuple[list[ImageInput], gr.ImageEditor]:
    with gr.Row():
        more = [ImageInput(label=f"{each} painting", height=160) for each in ("Second", "Third")]
    with gr.Row():
        for name in ("first", "second", "third"):
            named[f"{name}_share"] = gr.Slider(
                0, 5, 1, step=0.1, label=f"Share of the {name} painting"
            )
    gr.Markdown(
        "Draw where a painting shall show: **red** for the second, **blue** for the third; the "
        "first fills what is left. Without a drawing they are blended by their shares."
    )
    put = gr.Button("Put the photo here to draw on it", size="sm")
    drawing = gr.ImageEditor(
        label="Where each painting shows",
        type="numpy",
        image_mode="RGBA",
        sources=(),
        layers=False,
        transforms=(),
        brush=gr.Brush(colors=list(BRUSHES), color_mode="fixed", default_size=40),
        height=360,
        buttons=["fullscreen"],
    )
    put.click(
        lambda photo: {"background": photo, "layers": [], "composite": None},
        content,
        drawing,
        api_visibility="private",
        show_progress="hidden",
    )
    return more, drawing


def _more_settings(named: dict[str, Any]) -> None:
    named["size"] = gr.Slider(
        ranges.GPU_SIZES[0],
        ranges.GPU_SIZES[1],
        384,
        step=32,
        label="Size",
        info=f"pixels of the long side; without a GPU at most {ranges.SIZES[1]:,}",
    )
    named["steps"] = gr.Slider(10, 600, 120, step=10, label="Steps", info="more take longer")
    named["seconds"] = gr.Slider(
        0, 120, 0, step=5, label="Seconds at most", info="0: as long as the steps take"
    )
    named["start"] = gr.Dropdown(_STARTS, value="preview", label="Start from")
    named["colours"] = gr.Dropdown(_KEEP, value="painting", label="Colours of the result")
    named["network"] = gr.Dropdown(
        [("VGG19 if its weights are here, else embedded", AUTO)]
        + [(model.title, model.name) for model in MODELS],
        value=AUTO,
        label="Network",
        info="VGG19 is the paper's network; without its weights the small one answers",
    )
    # a layer's name from a client is checked by the backend, whatever the list shows
    named["content_layer"] = gr.Dropdown(
        _content_layers(AUTO),
        value="",
        label="Layer that reads the photo",
        info="deeper: freer with its details",
        allow_custom_value=True,
    )
    named["pooling"] = gr.Radio(
        list(ranges.POOLINGS),
        value="average",
        label="Pooling",
        info="average, as the paper, or max, as most networks were trained",
    )
    for number, what in enumerate(
        ("fine grain", "short strokes", "strokes", "forms", "large forms"), 1
    ):
        named[f"layer{number}"] = gr.Slider(
            0, 5, 1, step=0.1, label=f"Style layer {number}: {what}"
        )
    named["seed"] = gr.Number(0, label="Seed", precision=0)


def _curve(label: str, colours: dict[str, str]) -> gr.LinePlot:
    return gr.LinePlot(
        x="step",
        y="log10",
        y_title="log10 of the loss",
        color="loss",
        color_title=" ",
        color_map=colours,
        height=300,
        label=label,
    )


def _content_layers(network: str) -> list[tuple[str, str]]:
    if network not in BY_NAME:
        return [("the network's own choice", "")]
    model = BY_NAME[network]
    return [
        (f"{model.content_layer}, its own choice", ""),
        *((name, name) for name in model.layers),
    ]


def _examples(paths: list[Path], component: ImageInput) -> None:
    if paths:
        names = [str(path) for path in paths]
        gr.Examples(names, component, label="Or take one of these", api_visibility="private")


_SHARES = ("first_share", "second_share", "third_share")
_LAYERS = tuple(f"layer{number}" for number in range(1, ranges.LAYERS + 1))


def _settings(values: dict[str, Any], paintings: list[int]) -> Settings:
    """The settings that the components' values are, for these of the three paintings."""
    alone = {name: value for name, value in values.items() if name not in (*_SHARES, *_LAYERS)}
    return Settings(
        **alone,
        shares=tuple(values[_SHARES[number]] for number in paintings),
        layer_weights=tuple(values[name] for name in _LAYERS),
    ).checked(len(paintings), ranges.GPU_SIZES)


def _values(settings: Settings) -> dict[str, Any]:
    """The other way round."""
    values = dataclasses.asdict(settings)
    shares = (*values.pop("shares"), 1.0, 1.0, 1.0)
    layers = values.pop("layer_weights")
    return (
        values | dict(zip(_SHARES, shares, strict=False)) | dict(zip(_LAYERS, layers, strict=True))
    )


def _shown(painting: Painting, step: TransferStep, words: str) -> tuple[Any, ...]:
    """What the visitor sees of a step: the painting, its picture, words, curves and formulas."""
    settings = painting.settings
    formulas = (
        gr.skip()
        if step.losses is None
        else transfer_formulas(
            step.losses, settings.content_weight, settings.style_weight, settings.smoothness
        )
    )
    return (
        painting,
        painting.picture,
        words,
        _plot(painting.losses),
        _plot(painting.layers),
        formulas,
    )


def _plot(points: list[tuple[int, str, float]]) -> pd.DataFrame | None:
    rows = [(step, name, float(np.log10(loss))) for step, name, loss in points if loss > 0]
    return pd.DataFrame(rows, columns=["step", "loss", "log10"]) if rows else None


def _progress(step: TransferStep) -> str:
    if step.losses is None:
        return "The first sketch; now every pixel is painted."
    left = "" if step.left is None else f", about {step.left:.0f} s left"
    return (
        f"Step {step.step} of {step.steps}{left}. "
        f"Painting at {step.side} pixels with {_named(step.network)}."
    )


def _outcome(painting: Painting, step: TransferStep) -> str:
    how = "Done" if painting.finished else "Paused"
    text = (
        f"{how} after {step.step} of {step.steps} steps and {painting.seconds:.0f} s. "
        f"Painted with {_named(step.network)}"
    )
    if step.losses is not None:
        missing = sum(step.losses.layers.values()) / len(step.losses.layers)
        text += f"; style loss {missing:.2f} (0 is the painting's own style)"
    return text + ". **Go on** paints further from here."


def _named(network: str) -> str:
    if network == "embedded":
        return "the embedded network, a small stand-in for VGG19"
    return BY_NAME[network].title


def _files(button: gr.DownloadButton, painting: Painting, step: TransferStep) -> tuple[str, str]:
    """The paths of the picture and of its film in Gradio's cache, which it empties itself."""
    assert painting.picture is not None
    made = {"network": step.network}
    if step.losses is not None:
        made["losses"] = f"{step.losses.total:.5f}"
    settings = dataclasses.replace(painting.settings, network=step.network)
    png = painted_png(painting.picture, settings, made)
    cache = button.GRADIO_CACHE
    return (
        save_bytes_to_cache(png, "painted.png", cache),
        save_bytes_to_cache(painting.making.gif(), "making.gif", cache),
    )
