"""Paint: choose a photo and paintings, watch the one being painted like the others."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import gradio as gr
import numpy as np

from host import UserError, images
from host.ui import QUIET, ImageInput, offer_examples, photos, put_examples
from plugins.style.components import PICTURE
from plugins.style.examples import CREDITS, PAINTINGS
from plugins.style.painting import more_paintings, view
from plugins.style.painting.controls import LIVE, Controls
from plugins.style.painting.drawn_masks import drawn_masks, fit_over
from plugins.style.painting.files import read_settings
from plugins.style.painting.painting import Painting
from plugins.style.settings import AUTO, Settings

_ABOUT = """\
The photo's pixels are changed step by step until a network sees the photo's objects and the
painting's textures in them ([Gatys, Ecker and Bethge
2016](https://openaccess.thecvf.com/content_cvpr_2016/html/Gatys_Image_Style_Transfer_CVPR_2016_paper.html)).
Move a slider while it paints: it goes on from the picture as it is.
"""
OFFERED = "Or take one of these"
GLIMPSE = 20
"""Steps of the example: about two seconds on two cores."""
_KEPT = 3600  # seconds that a painting waits for its visitor


def build(backend: Any, opened: gr.Tab) -> None:
    """Write the sub-tab's components.

    opened: the sub-tab; whoever opens it for the first time sees an example painted a little.
    """
    gr.Markdown(_ABOUT)
    photographs = photos()
    with gr.Row():
        with gr.Column():
            with gr.Row():
                with gr.Column(min_width=200):
                    content = ImageInput(label="Photo", height=240)
                    chosen = offer_examples(photographs, content, OFFERED)
                with gr.Column(min_width=200):
                    style = ImageInput(label="Painting", height=240)
                    chosen += offer_examples(PAINTINGS, style, OFFERED)
            with gr.Row():
                run = gr.Button("Paint", variant="primary")
                pause = gr.Button("Pause")
                go_on = gr.Button("Go on")
            controls = Controls()
            controls.add_weights()
            with gr.Accordion("More paintings, and where they show", open=False):
                more, drawing = more_paintings.write(content, controls)
            with gr.Accordion("More settings", open=False):
                controls.add_others()
                earlier = gr.File(
                    label="Take the settings of a picture painted here",
                    file_types=[".png"],
                    type="filepath",
                    height=170,
                )
        with gr.Column():
            with gr.Tabs():
                with gr.Tab("Picture"):
                    result = gr.Image(label="Result", height=420, **PICTURE)
                with gr.Tab("Before and after"):
                    compared = gr.ImageSlider(
                        label="Photo and result", format="jpeg", interactive=False, height=420
                    )
            status = gr.Markdown("Press Paint, or choose others first.")
            with gr.Row():
                download = gr.DownloadButton("Download the picture", interactive=False)
                film = gr.DownloadButton("Download the making (GIF)", interactive=False)
            gr.Markdown(
                # The plot cuts its own legend off.
                "**Losses**: total (dark grey), content (blue), style (red), smoothness (green). "
                "They jump where the painting goes on at a larger size."
            )
            curve = view.curve("Losses, times their weights", view.COLOURS)
            with gr.Accordion("Style loss by layer", open=False):
                gr.Markdown(
                    "How much of the painting's style each layer misses, from layer 1, fine grain "
                    "(yellow), to layer 5, large forms (indigo)."
                )
                by_layer = view.curve("Style loss of each layer", view.LAYER_COLOURS)
            with gr.Accordion("The formulas, with the numbers of this picture", open=False):
                formulas = gr.Markdown("Paint something first.")
    gr.Markdown(CREDITS)

    painting = gr.State(None, time_to_live=_KEPT)  # a Painting once there is one
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
            steps: at most.
            seconds: at most; 0 for no limit.
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
        given = dict(locals())  # the controls by name
        values = [given[name] for name in controls.named]
        if style is None:
            raise UserError("Please choose a painting first.")
        # no larger than the result: the rest would only wait in the visitor's session
        content, *styles = (
            each if each is None or not size >= 1 else images.fit(each, int(size))
            for each in (content, style, second, third)
        )
        places = [place for place, each in enumerate(styles) if each is not None]
        masks = drawn_masks(drawing, len(styles))
        if content is not None and not fit_over(masks, content):
            raise UserError(
                "The drawing is over a picture of another shape: put the photo there again."
            )
        yield from _stream(
            Painting(
                content,
                [styles[place] for place in places],
                [masks[place] for place in places],
                controls.settings(values, places),
                places,
            )
        )

    def continue_painting(painting: Painting | None, *values: Any) -> Iterator[tuple[Any, ...]]:
        """Go on from the picture as it is, with the settings as they are now."""
        if painting is None or painting.picture is None:
            raise UserError(
                "There is no picture of this photo and these paintings to go on from: press Paint."
            )
        settings = controls.settings(values, painting.places)
        if settings.size != painting.settings.size:
            raise UserError("The size is fixed once a painting is begun: press Paint for another.")
        painting.go_on(settings)
        yield from _stream(painting)

    def _stream(painting: Painting) -> Iterator[tuple[Any, ...]]:
        painted = False
        for step in painting.paint(backend):
            painted = True
            if step.image is not None and not painting.finished:
                yield (*view.shown(painting, step, view.progress(step)), *[gr.skip()] * 3)
        last = painting.last
        if not painted or last is None or painting.picture is None:
            # nothing was painted: what is shown stays
            yield (gr.skip(), gr.skip(), "Stopped before the first step.", *[gr.skip()] * 6)
            return
        picture, making = view.files(download, painting, last)
        pair = (painting.photo, painting.picture)
        yield (*view.shown(painting, last, view.outcome(painting, last)), picture, making, pair)

    def glimpse(photo: np.ndarray, painted: np.ndarray) -> Iterator[tuple[Any, ...]]:
        """Paints the example a little."""
        settings = Settings(steps=GLIMPSE)
        photo, painted = (images.fit(each, settings.size) for each in (photo, painted))
        yield from _stream(Painting(photo, [painted], [None], settings))

    def change(painting: Painting | None, *values: Any) -> None:
        """A slider moved: a painting under way goes on with its new value."""
        if painting is not None and not painting.finished:
            new = controls.settings(values, painting.places)
            # only what needs no other start and no other network
            painting.settings = dataclasses.replace(
                painting.settings,
                content_weight=new.content_weight,
                style_weight=new.style_weight,
                smoothness=new.smoothness,
                shares=new.shares,
                layer_weights=new.layer_weights,
            )

    def stop(painting: Painting | None) -> None:
        if painting is not None:
            painting.pause()
        backend.cancel("transfer")

    done = [*shown, download, film, compared]
    for button in (run, go_on):
        button.click(
            lambda: (gr.DownloadButton(interactive=False), gr.DownloadButton(interactive=False)),
            None,
            [download, film],
            queue=False,
            **QUIET,
        )
    painted = run.click(
        style_transfer,
        [content, style, *more, drawing, *controls.components()],
        done,
        api_name="style_transfer",
        show_progress="minimal",
    )
    continued = go_on.click(
        continue_painting,
        [painting, *controls.components()],
        done,
        api_visibility="private",
        show_progress="minimal",
    )
    events = [painted, continued]
    paths = [each[0] for each in (photographs, PAINTINGS) if each]
    if len(paths) == 2:
        examples = list(zip((content, style), paths, strict=True))
        own = [run.click, go_on.click, content.input, style.input, *chosen]
        looking = put_examples(
            opened, examples, glimpse, (), done, ended_by=own, show_progress="minimal"
        )
        events.append(looking)

    def offer(*paths: str | None) -> list[gr.DownloadButton]:
        return [gr.DownloadButton(interactive=bool(path)) for path in paths]

    for event in events:
        event.then(offer, [download, film], [download, film], **QUIET)
        event.failure(offer, [download, film], [download, film], **QUIET)
    pause.click(stop, painting, None, queue=False, **QUIET)
    # what was painted of other pictures is no longer theirs to go on with
    gr.on(
        [each.change for each in (content, style, *more)],
        lambda: None,
        None,
        painting,
        queue=False,
        **QUIET,
    )
    gr.on(
        [controls.named[name].input for name in LIVE],
        change,
        [painting, *controls.components()],
        None,
        trigger_mode="always_last",
        **QUIET,
    )

    def take_settings(path: str | None) -> Any:
        if path is None:
            raise UserError("Please choose a picture painted here.")
        return controls.values(read_settings(path))

    earlier.upload(take_settings, earlier, controls.components(), **QUIET)
