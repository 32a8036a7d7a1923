"""Enlarge: a picture four times as large, by bicubic interpolation, by least error, by a GAN."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr
import numpy as np

from host import UserError
from host.ui import PHOTO_CREDITS, ImageInput, offer_examples, photos
from plugins.gan.translation import enlarge_view as view
from plugins.gan.translation.comparison import Comparison, gallery
from plugins.gan.translation.enlarge_limits import ANSWERS, MAX_SIDE, MAX_TRUTH
from plugins.gan.translation.examples import SMALL
from plugins.gan.translation.results import Translation

PROVE, AS_IS = "prove", "as it is"

_ABOUT = """\
Many large pictures shrink to the same small one, so enlarging has no single right answer. A
network that is taught to make the **least error** (L1) answers with something like the middle of
all the pictures it could have been, and that is blurred. A **GAN** has a discriminator beside it,
which sees the small picture and rejects large ones that look unreal: it has to decide on one
sharp picture. That detail is **invented**: it is plausible, not known. Never trust it for a face,
a number plate or a diagnosis.
"""
_CREDITS = f"Examples: two drawings by this project's own program, and the photos {PHOTO_CREDITS}"


def build(backend: Any) -> None:
    """Write the sub-tab. ``backend`` has ``enlarge(picture, prove) -> Iterator[Translation]``."""
    gr.Markdown(_ABOUT)
    with gr.Row():
        with gr.Column(scale=1, min_width=260):
            picture = ImageInput(label="Picture to enlarge", height=240)
            how = gr.Radio(
                [
                    ("Shrink it first and compare with the truth", PROVE),
                    ("Enlarge it as it is", AS_IS),
                ],
                value=PROVE,
                label="What to do",
                info=f"At most {MAX_TRUTH} pixels a side are shrunk, and {MAX_SIDE} enlarged as "
                "they are; larger pictures are scaled down first.",
            )
            button = gr.Button("Enlarge", variant="primary")
            offer_examples([*SMALL, *photos()], picture)
            gr.Markdown(_CREDITS)
        with gr.Column(scale=2, min_width=320):
            words = gr.Markdown("Choose a picture, then press Enlarge.")
            figures = gr.HTML()
            with gr.Tabs():
                with gr.Tab("Slide between two"):
                    two = Comparison([view.GIVEN, *ANSWERS, view.TRUTH], view.pictures)
                with gr.Tab("A closer look"):
                    gr.Markdown("The place where the two networks differ most.")
                    closer = gallery("The same place of each")
                with gr.Tab("Side by side"):
                    every = gallery("All of them")

    def gan_enlarge(
        picture: np.ndarray | None, how: str = PROVE, left: str = "L1 only", right: str = "GAN"
    ) -> Iterator[tuple[Any, ...]]:
        """Enlarge a picture by 4: by bicubic interpolation, by least error, and by a GAN.

        Args:
            picture: any picture; of a large one a smaller version is used.
            how: "prove" to shrink it by 4 first and compare with it, "as it is" to enlarge it.
            left, right: what to compare: "what the networks were given", "bicubic", "L1 only",
                "GAN" or, with "prove", "the truth".

        Returns:
            Words on what was done, a table of figures (HTML; empty without a truth), two pictures
            to compare, the place where the networks differ most, and all pictures.
        """
        if how not in (PROVE, AS_IS):
            raise UserError(f'What to do is "{PROVE}" or "{AS_IS}".')
        found: Translation | None = None
        for found in backend.enlarge(picture, how == PROVE):
            if len(found.answers) < len(ANSWERS):
                said = f"{len(found.answers)} of {len(ANSWERS)} answers are there."
                yield said, view.table(found.figures), *[gr.skip()] * 4
        if found is None or picture is None or len(found.answers) < len(ANSWERS):
            yield "Stopped.", *[gr.skip()] * 5
            return
        yield (
            view.summary(found, picture.shape[:2]),
            view.table(found.figures),
            two.of(found, left, right),
            view.gallery(view.closer_look(found)),
            view.gallery(view.pictures(found)),
            found,
        )

    button.click(
        gan_enlarge,
        [picture, how, two.left, two.right],
        [words, figures, two.slider, closer, every, two.kept],
        api_name="gan_enlarge",
        show_progress="minimal",
    )
