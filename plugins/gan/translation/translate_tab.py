"""Translate: portraits from lines, and colours for grey pictures, with and without a GAN."""

from __future__ import annotations

from typing import Any

import gradio as gr
import numpy as np
from PIL import Image

from host import UserError
from host.ui import PHOTO_CREDITS, QUIET, Drawing, ImageInput, offer_examples, photos
from plugins.gan.translation import enlarge_view, framing
from plugins.gan.translation import translate_view as view
from plugins.gan.translation.canvas import SETTINGS, holding
from plugins.gan.translation.comparison import Comparison, gallery
from plugins.gan.translation.examples import LINES, people
from plugins.gan.translation.results import DETAIL, Translation

_ABOUT = """\
A **conditional** GAN answers a picture with a picture ([Isola et al. 2017, "pix2pix"](https://openaccess.thecvf.com/content_cvpr_2017/html/Isola_Image-To-Image_Translation_With_CVPR_2017_paper.html)).
Its discriminator sees **the pair**: the lines *and* a portrait, true or made. So it does not ask
"is this a portrait?" but "is this a portrait **of these lines**?", and it asks that of each patch.
The generator has to fool it **and** come near the true picture (L1, the mean error).

Why not L1 alone? One drawing fits many portraits, one grey picture many colourings. The answer with
the least error on average lies in the middle of them all: a smooth skin without pores or hairs, a
brownish shirt that could have been red or blue. No picture in the middle looks real, so the
discriminator rejects it, and the GAN must decide. **What it decides is made up.** It is no evidence
of how somebody looks, or of the colours that were there.
"""
_LINES = """\
The networks learnt from some 3,100 portraits whose lines were found by a program (Canny 1986), then
drawn thick or thin, wavering and incomplete. They know faces from the front that fill the square,
and nothing else: of a house or a cat they make skin and hair. **average** is the mean of all those
portraits: the best answer for somebody who does not look at the lines.
"""
_COLOURS = """\
Your picture's colours are taken away; its lightness stays as it is, pixel by pixel (L\\* of
[L\\*a\\*b\\*](https://en.wikipedia.org/wiki/CIELAB_color_space)). The networks add the two missing
numbers, green to red and blue to yellow. They learnt from 400 photos and some 6,000 portraits,
which is little: skin, sky and leaves they mostly know, of other things they guess.
"""
_CREDITS = (
    "Portraits and drawings: made by this project's own programs; nobody is portrayed. Photos: "
    f"{PHOTO_CREDITS}"
)


def build(backend: Any) -> None:
    """Write the sub-tab.

    ``backend`` has ``edges_to_picture(picture, drawing, detail)`` and ``colour(picture)``, both
    -> Translation.
    """
    gr.Markdown(_ABOUT)
    with gr.Tabs():
        with gr.Tab("Lines to portrait"):
            _build_edges(backend)
        with gr.Tab("Grey to colour"):
            _build_colour(backend)
    gr.Markdown(_CREDITS)


def _build_edges(backend: Any) -> None:
    gr.Markdown(_LINES)
    with gr.Row():
        with gr.Column(scale=1, min_width=300), gr.Tabs():
            with gr.Tab("Photo"):
                picture = ImageInput(label="A face from the front", height=260)
                drawing = gr.Checkbox(False, label="It is a drawing: take its lines as they are")
                detail = gr.Slider(
                    0,
                    1,
                    value=DETAIL,
                    step=0.05,
                    label="Detail",
                    info="How weak an edge may be to be drawn.",
                )
                with gr.Row():
                    zoom = gr.Slider(1, 4, value=1, step=0.05, label="Zoom", min_width=90)
                    across = gr.Slider(0, 1, value=0.5, step=0.02, label="Across", min_width=90)
                    down = gr.Slider(0, 1, value=0.5, step=0.02, label="Down", min_width=90)
                gr.Markdown("Let the face fill the square, eyes a little above the middle.")
                button = gr.Button("Make a portrait", variant="primary")
                offer_examples(people(1), picture)
            with gr.Tab("Draw"):
                canvas = Drawing(label="Draw a face that fills the square", **SETTINGS)
                draw = gr.Button("Make a portrait of the drawing", variant="primary")
                with gr.Row():
                    for number, file in enumerate(LINES, start=1):
                        gr.Button(f"Drawing {number}", size="sm", min_width=80).click(
                            lambda file=file: holding(np.array(Image.open(file))),
                            None,
                            canvas,
                            **QUIET,
                        )
        with gr.Column(scale=2, min_width=320):
            outputs = _Outputs(view.EDGES)

    def gan_edges_to_picture(
        picture: np.ndarray | None,
        drawing: bool = False,
        detail: float = DETAIL,
        zoom: float = 1.0,
        across: float = 0.5,
        down: float = 0.5,
        left: str = "L1 only",
        right: str = "GAN",
    ) -> tuple[Any, ...]:
        """Make a portrait of the lines of a photo, or of a drawing: the average one, by least
        error, and by a GAN.

        Args:
            picture: a photo of a face from the front, or a drawing of one.
            drawing: whether the picture is lines already, dark on light.
            detail: 0 to 1, how weak the edges of a photo may be.
            zoom: 1 or more; with across and down (0 to 1), the square of a photo to be used.
            left, right: what to compare: "the lines", "average", "L1 only", "GAN" or, for a photo,
                "the truth".

        Returns:
            Words on what was done, a table of figures (HTML; empty for a drawing), two pictures to
            compare, and all pictures.
        """
        if picture is None:
            raise UserError("Please choose a picture first, or draw one.")
        used = picture if drawing else framing.square(picture, zoom, across, down)
        found: Translation = backend.edges_to_picture(used, drawing, detail)
        return (*view.shown(found, view.EDGES), outputs.two.of(found, left, right), found)

    def of_drawing(drawn: dict[str, Any] | None, left: str, right: str) -> tuple[Any, ...]:
        paper = framing.on_paper(drawn)
        if paper is None:
            raise UserError("Please draw a face first.")
        return gan_edges_to_picture(paper, True, DETAIL, 1, 0.5, 0.5, left, right)

    controls = [picture, drawing, detail, zoom, across, down, outputs.two.left, outputs.two.right]
    button.click(
        gan_edges_to_picture,
        controls,
        outputs.components,
        api_name="gan_edges_to_picture",
        show_progress="minimal",
    )
    gr.on(
        [each.input for each in (detail, zoom, across, down)],
        lambda picture, *values: (
            [gr.skip()] * len(outputs.components)
            if picture is None
            else gan_edges_to_picture(picture, *values)
        ),
        controls,
        outputs.components,
        trigger_mode="always_last",
        **QUIET,
    )
    draw.click(
        of_drawing,
        [canvas, outputs.two.left, outputs.two.right],
        outputs.components,
        api_visibility="private",
        show_progress="minimal",
    )


def _build_colour(backend: Any) -> None:
    gr.Markdown(_COLOURS)
    with gr.Row():
        with gr.Column(scale=1, min_width=300):
            picture = ImageInput(label="A picture, grey or not", height=260)
            button = gr.Button("Colour it", variant="primary")
            offer_examples([*people(2), *photos()], picture)
        with gr.Column(scale=2, min_width=320):
            outputs = _Outputs(view.COLOUR)

    def gan_colour(
        picture: np.ndarray | None, left: str = "L1 only", right: str = "GAN"
    ) -> tuple[Any, ...]:
        """Colour a picture: not at all, by least error, and by a GAN.

        Args:
            picture: any picture; its own colours are removed first and kept as the truth. Scaled
                down to 1,024 pixels a side.
            left, right: what to compare: "grey", "L1 only", "GAN" or "the truth".

        Returns:
            Words on what was done, a table of figures (HTML; empty for a grey picture), two
            pictures to compare, and all pictures.
        """
        if picture is None:
            raise UserError("Please choose a picture first.")
        found: Translation = backend.colour(picture)
        words, *rest = view.shown(found, view.COLOUR)
        return (
            view.scaled(picture.shape[:2], found) + words,
            *rest,
            outputs.two.of(found, left, right),
            found,
        )

    button.click(
        gan_colour,
        [picture, outputs.two.left, outputs.two.right],
        outputs.components,
        api_name="gan_colour",
        show_progress="minimal",
    )


class _Outputs:
    """What shows a translation."""

    def __init__(self, names: view.Names) -> None:
        self.words = gr.Markdown(names.before)
        self.figures = gr.HTML()
        with gr.Tabs():
            with gr.Tab("Side by side"):
                self.every = gallery("All of them")
            with gr.Tab("Slide between two"):
                self.two = Comparison(
                    [*names.choices, enlarge_view.TRUTH], lambda found: view.pictures(found, names)
                )
        self.components = [self.words, self.figures, self.every, self.two.slider, self.two.kept]
