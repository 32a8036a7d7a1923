"""Augment: does a GAN's output help to train a classifier? And its pictures to take away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr
import numpy as np

from host import UserError
from host.ui import QUIET, give
from plugins.gan.augmentation import view, words
from plugins.gan.augmentation.results import AugmentSettings, AugmentStep, ExportStep
from plugins.gan.components import PICTURE

DIGITS = [str(digit) for digit in range(10)]
DEFAULTS = AugmentSettings()

Shown = tuple[str, str, str, str, str, str, np.ndarray | None, np.ndarray | None]


def build(backend: Any) -> None:
    """Writes the sub-tab. ``backend`` has ``augment``, ``export_pictures`` and ``cancel``."""
    gr.Markdown(words.INTRODUCTION)
    with gr.Row():
        with gr.Column(scale=1, min_width=260):
            per_class = gr.Radio(
                ["5", "10", "20", "50", "100"],
                value=str(DEFAULTS.per_class),
                label="Labelled pictures of each digit",
                info="So few real pictures are known, by the classifier and by the GAN.",
            )
            rare_class = gr.Dropdown(
                [("none", ""), *((digit, digit) for digit in DIGITS)],
                value="",
                label="A rare digit",
                info="It has only a fifth of the pictures; the GAN evens that out.",
            )
            seeds = gr.Slider(
                1,
                20,
                value=DEFAULTS.seeds,
                step=1,
                label="Seeds",
                info="How often all is done anew. Fewer than five say little.",
            )
            with gr.Accordion("More", open=False):
                gan_steps = gr.Slider(
                    100, 10_000, value=DEFAULTS.gan_steps, step=100, label="Steps of the GAN"
                )
                steps = gr.Slider(
                    50, 3000, value=DEFAULTS.steps, step=50, label="Steps of each classifier"
                )
                seed = gr.Number(0, precision=0, minimum=0, label="First seed")
            with gr.Row():
                start = gr.Button("Start", variant="primary", min_width=100)
                stop = gr.Button("Stop", variant="stop", min_width=100)
            gr.Markdown(_arms())
        with gr.Column(scale=2, min_width=320):
            status = gr.Markdown(
                "Press **Start**: it takes some minutes, and you can watch. The pictures are "
                "the 1,797 handwritten digits of scikit-learn "
                "([UCI](https://doi.org/10.24432/C50P49), CC BY 4.0)."
            )
            verdict = gr.HTML()
            accuracy = gr.HTML()
            difference = gr.HTML()
            about = gr.Markdown()
            with gr.Row():
                real = gr.Image(label="Labelled", **PICTURE)
                generated = gr.Image(label="Generated", **PICTURE)
            with gr.Accordion("Every seed in figures, and how it is made fair", open=False):
                figures = gr.HTML()
                gr.Markdown(words.HOW)

    def gan_augment(
        per_class: str = str(DEFAULTS.per_class),
        seeds: float = DEFAULTS.seeds,
        rare_class: str = "",
        steps: float = DEFAULTS.steps,
        gan_steps: float = DEFAULTS.gan_steps,
        seed: float = 0,
    ) -> Iterator[Shown]:
        """Try whether a GAN's pictures help to train a classifier; streams how it goes.

        Args:
            per_class: 5, 10, 20, 50 or 100 labelled pictures of each digit.
            seeds: 1 to 20 repetitions.
            rare_class: "" for none, or the digit that has only a fifth of the pictures.
            steps: 10 to 3000 training steps of the classifier in each arm.
            gan_steps: 10 to 20000 training steps of the GAN.
            seed: the first seed; the others follow.

        Returns:
            A status line, the verdict, the accuracies by arm, the paired differences (HTML), what
            the sheets show, the accuracies by seed (HTML), and the two sheets of pictures.
        """
        latest: AugmentStep | None = None
        few = int(per_class) if str(per_class).isdecimal() else per_class
        for latest in backend.augment(few, seeds, rare_class, steps, gan_steps, seed):
            yield _show(words.progress(latest), latest)
        if latest is None:
            raise UserError("Stopped before the first step.")
        yield _show(words.ending(latest), latest)

    start.click(
        gan_augment,
        [per_class, seeds, rare_class, steps, gan_steps, seed],
        [status, verdict, accuracy, difference, about, figures, real, generated],
        api_name="gan_augment",
        show_progress="hidden",
    )
    stop.click(lambda: backend.cancel("augment"), None, None, queue=False, **QUIET)
    _build_export(backend)


def _build_export(backend: Any) -> None:
    gr.Markdown(
        "### Take labelled pictures with you\n"
        "Drawn by the shipped digit generator, as a zip with a folder for each digit: the layout "
        "that `torchvision.datasets.ImageFolder` reads. Test on real pictures only."
    )
    with gr.Row():
        with gr.Column(scale=1, min_width=260):
            count = gr.Slider(1, 1000, value=100, step=1, label="Pictures of each digit")
            with gr.Row():
                seed = gr.Number(0, precision=0, minimum=0, label="Seed", min_width=100)
                truncation = gr.Slider(
                    0.1, 4.0, value=2.0, step=0.1, label="Variety (truncation)", min_width=140
                )
            draw = gr.Button("Make the zip")
        with gr.Column(scale=2, min_width=320):
            status = gr.Markdown()
            archive = gr.File(label="Zip", interactive=False, visible=False)

    def gan_export(
        count_per_class: float = 100, seed: float = 0, truncation: float = 2.0
    ) -> Iterator[tuple[str, Any]]:
        """Draw labelled digits into a zip in the layout of torchvision's ImageFolder.

        Args:
            count_per_class: 1 to 1000 pictures of each digit.
            seed: 0 to 4294967295; the same seed draws the same random numbers.
            truncation: 0.1 to 4 standard deviations; low is neat, high is varied.

        Returns:
            A status line, and at the end the zip.
        """
        step: ExportStep | None = None
        for step in backend.export_pictures(count_per_class, seed, truncation):
            if step.archive is None:
                yield f"{step.done:,} of {step.total:,} pictures drawn", gr.skip()
        if step is None or step.archive is None:
            yield "**Stopped**: there is no zip.", gr.skip()
            return
        said = f"**Done**: {step.total:,} pictures, {len(step.archive) / 1e6:.1f} MB."
        path = give(archive, step.archive, "generated-digits.zip")
        yield said, gr.File(path, visible=True)

    draw.click(
        gan_export,
        [count, seed, truncation],
        [status, archive],
        api_name="gan_export",
        show_progress="hidden",
    )


def _show(line: str, now: AugmentStep) -> Shown:
    rare = now.settings.rare_class is not None
    return (
        line,
        view.verdict_html(now),
        (view.accuracy_plot(now, rare=True) if rare else "") + view.accuracy_plot(now),
        (view.difference_plot(now, rare=True) if rare else "") + view.difference_plot(now),
        words.sheets(now),
        view.table(now),
        now.real,
        now.generated,
    )


def _arms() -> str:
    return "\n".join(f"* **{arm}**: {what}" for arm, what in words.ARMS.items())
