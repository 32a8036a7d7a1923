"""The style tab: choose a photo and a painting, watch the one being painted like the other."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pandas as pd
from gradio.processing_utils import save_bytes_to_cache

from host import UserError, images
from host.ui import ImageInput, download_bar
from plugins.style.results import (
    DEFAULT_SIZE,
    DEFAULT_STEPS,
    SIZES,
    STEPS,
    Losses,
    NetworkInfo,
    TransferStep,
)

PAINTINGS = Path(__file__).resolve().parents[2] / "assets" / "style"

_ABOUT = """\
The photo's pixels are changed step by step until a network sees the photo's objects and the
painting's textures in them ([Gatys, Ecker and Bethge
2016](https://openaccess.thecvf.com/content_cvpr_2016/html/Gatys_Image_Style_Transfer_CVPR_2016_paper.html)).
"""
_CREDITS = (
    "Photos: [china](https://www.flickr.com/photos/danielbuechele/6061409035/) by danielbuechele "
    "and [flower](https://www.flickr.com/photos/vultilion/6056698931/) by vultilion, "
    "[CC BY 2.0](https://creativecommons.org/licenses/by/2.0/), from scikit-learn. "
    "Paintings: drawn by this project's own program."
)
_NETWORKS = {
    "VGG19 if its weights are here": "auto",
    "VGG19 (published weights)": "vgg19",
    "Embedded (small, offline)": "embedded",
}
_TITLES = {"vgg19": "VGG19", "embedded": "the embedded network"}
_COLOURS = {"total": "#334155", "content": "#2563eb", "style": "#dc2626", "smoothness": "#16a34a"}


def build(backend: Any) -> None:
    """Write the tab's components; ``backend`` is the proxy of a StyleBackend."""
    gr.Markdown(_ABOUT)
    with gr.Row():
        with gr.Column():
            with gr.Row():
                content = ImageInput(label="Photo", height=240)
                style = ImageInput(label="Painting", height=240)
            with gr.Row():
                run = gr.Button("Paint", variant="primary")
                stop = gr.Button("Stop")
            content_weight = _weight("Photo weight", "how clearly its objects stay")
            style_weight = _weight("Painting weight", "how strongly its manner shows")
            smoothness = _weight("Smoothness weight", "how calm the areas between the strokes are")
            with gr.Accordion("More settings", open=False):
                size = gr.Slider(
                    *SIZES, DEFAULT_SIZE, step=32, label="Size", info="pixels of the long side"
                )
                steps = gr.Slider(
                    *STEPS, DEFAULT_STEPS, step=10, label="Steps", info="more take longer"
                )
                network = gr.Dropdown(
                    list(_NETWORKS.items()),
                    value="auto",
                    label="Network",
                    info="VGG19 is the paper's network; without its weights the small one answers",
                )
                seed = gr.Number(0, label="Seed", precision=0)
                fetch = gr.Button("Get the published weights (80 MB)")
                weights = gr.HTML()
        with gr.Column():
            result = gr.Image(
                label="Result",
                format="png",
                interactive=False,
                height=420,
                buttons=["download", "fullscreen"],
            )
            status = gr.Markdown("Choose a photo and a painting, then press Paint.")
            download = gr.DownloadButton("Download the picture", interactive=False)
            # The line above names the colours: the plot cuts its own legend off.
            gr.Markdown(
                "**Losses**: total (dark grey), content (blue), style (red), smoothness (green)."
            )
            curve = gr.LinePlot(
                x="step",
                y="log10",
                y_title="log10 of the loss",
                color="loss",
                color_title=" ",
                color_map=_COLOURS,
                height=360,
                label="Losses, times their weights",
            )
    _examples(content, style)

    def style_transfer(
        content: np.ndarray | None,
        style: np.ndarray | None,
        content_weight: float = 1.0,
        style_weight: float = 1.0,
        smoothness: float = 1.0,
        size: int = DEFAULT_SIZE,
        steps: int = DEFAULT_STEPS,
        network: str = "auto",
        seed: int = 0,
    ) -> Iterator[tuple[Any, ...]]:
        """Paint a photo in the manner of a painting; streams the picture while it is painted.

        The three weights go from 0 to 5, where 1 is balanced. The size is the result's long side
        in pixels. The network is "vgg19", "embedded" or "auto": VGG19 if its weights are here, else
        the embedded one. The seed is 0 to 4294967295. Returns the picture, a sentence on how it
        was made, the picture as a PNG file to download, and the losses by step.
        """
        history: list[tuple[int, str, float]] = []
        last: TransferStep | None = None
        picture: np.ndarray | None = None
        for last in backend.transfer(
            content,
            style,
            size=size,
            steps=steps,
            content_weight=content_weight,
            style_weight=style_weight,
            smoothness=smoothness,
            network=network,
            seed=seed,
        ):
            if last.losses is not None:
                history += _points(last.step, last.losses)
            if last.image is not None:
                picture = last.image
                yield picture, _progress(last), None, _plot(history)
        if last is None or picture is None or last.step == 0:
            # nothing was painted: what is shown stays
            yield gr.skip(), "Stopped before the first step.", gr.skip(), gr.skip()
        else:
            yield picture, _outcome(last), _file(download, picture, last), _plot(history)

    def fetch_weights() -> Iterator[str]:
        """Download VGG19's published weights."""
        try:
            for progress in backend.fetch_weights():
                yield download_bar("VGG19", progress)
        except UserError as error:
            yield f'<span role="alert">{escape(str(error))}</span>'
            return
        ready = {info.name: info for info in backend.networks()}["vgg19"]
        yield _availability(ready)

    run.click(lambda: gr.DownloadButton(interactive=False), None, download, queue=False)
    painted = run.click(
        style_transfer,
        [content, style, content_weight, style_weight, smoothness, size, steps, network, seed],
        [result, status, download, curve],
        api_name="style_transfer",
        show_progress="minimal",
    )
    painted.then(lambda path: gr.DownloadButton(interactive=bool(path)), download, download)
    stop.click(backend.cancel, None, None, queue=False, api_visibility="private")
    fetch.click(fetch_weights, None, weights, api_visibility="private", show_progress="hidden")


def _weight(label: str, info: str) -> gr.Slider:
    return gr.Slider(0, 5, 1, step=0.1, label=label, info=f"{info}; 1 is balanced")


def _examples(content: ImageInput, style: ImageInput) -> None:
    photos = [str(path) for path in _photos()]
    paintings = [str(path) for path in sorted(PAINTINGS.glob("*.jpg"))]
    with gr.Row():
        if photos:
            gr.Examples(photos, content, label="Photos", api_visibility="private")
        if paintings:
            gr.Examples(paintings, style, label="Paintings", api_visibility="private")
    gr.Markdown(_CREDITS)


def _photos() -> list[Path]:
    """The photos that scikit-learn brings, found without importing it."""
    spec = importlib.util.find_spec("sklearn")
    if spec is None or not spec.submodule_search_locations:
        return []
    folder = Path(next(iter(spec.submodule_search_locations))) / "datasets" / "images"
    return [path for name in ("china.jpg", "flower.jpg") if (path := folder / name).is_file()]


def _points(step: int, losses: Losses) -> list[tuple[int, str, float]]:
    return [
        (step, name, float(np.log10(value)))
        for name in _COLOURS
        if (value := getattr(losses, name)) > 0
    ]


def _plot(history: list[tuple[int, str, float]]) -> pd.DataFrame | None:
    return pd.DataFrame(history, columns=["step", "loss", "log10"]) if history else None


def _progress(step: TransferStep) -> str:
    left = "" if step.left is None else f", about {step.left:.0f} s left"
    return (
        f"Step {step.step} of {step.steps}{left}. "
        f"Painting at {step.side} pixels with {_TITLES[step.network]}."
    )


def _outcome(step: TransferStep) -> str:
    how = "Done" if step.step == step.steps else "Stopped"
    text = (
        f"{how} after {step.step} of {step.steps} steps and {step.elapsed:.0f} s. "
        f"Painted with {_TITLES[step.network]}"
    )
    if step.network == "embedded":
        text += ", a small stand-in for VGG19"
    if step.losses is not None:
        missing = sum(step.losses.layers.values()) / len(step.losses.layers)
        text += f"; style loss {missing:.2f} (0 is the painting's own style)"
    return text + "."


def _availability(info: NetworkInfo) -> str:
    return (
        "The published weights are here: VGG19 is ready."
        if info.ready
        else "The published weights are not on this machine; the embedded network answers."
    )


def _file(button: gr.DownloadButton, picture: np.ndarray, step: TransferStep) -> str:
    """The path of the picture as a PNG file in Gradio's cache, which it empties itself."""
    made = {"Software": f"Triptych, neural style transfer with {_TITLES[step.network]}"}
    png = images.to_png(picture, made)
    return save_bytes_to_cache(png, "painted.png", button.GRADIO_CACHE)
