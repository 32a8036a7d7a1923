"""Watch a DCGAN learn scikit-learn's handwritten digits."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, TypeAlias

import gradio as gr
import numpy as np
import pandas as pd
from PIL import Image

from host import UserError
from plugins.gan.components import PICTURE
from plugins.gan.history import Evenly
from plugins.gan.results import TrainStep

FRAMES = 60
"""Grids remembered for looking back, about 60 kB each."""
POINTS = 200
"""Points of each curve."""
GENERATOR, DISCRIMINATOR = "generator", "discriminator"
REAL, FAKE, HALF = "real pictures", "generated pictures", "cannot tell (0.5)"

Attempts = list[tuple[int, bytes]]
"""(step, the grid as PNG), oldest first."""
Curve: TypeAlias = pd.DataFrame | None
Shown = tuple[str, np.ndarray, Curve, Curve, str, Attempts, Any, np.ndarray]


def build(backend: Any) -> None:
    """Writes the sub-tab."""
    with gr.Row():
        with gr.Column(scale=1, min_width=260):
            steps = gr.Slider(
                100,
                5000,
                value=1500,
                step=100,
                label="Steps",
                info="Turns of the game. Digits show after a few hundred.",
            )
            batch_size = gr.Slider(
                16,
                128,
                value=32,
                step=16,
                label="Batch size",
                info="Pictures looked at in each step: more is steadier and slower.",
            )
            rate_g = gr.Slider(
                0.0001,
                0.004,
                value=0.002,
                step=0.0001,
                label="Generator's learning rate",
                info="How far it moves in each step.",
            )
            rate_d = gr.Slider(
                0.0001,
                0.004,
                value=0.002,
                step=0.0001,
                label="Discriminator's learning rate",
                info="Much higher than the generator's, and it wins too easily.",
            )
            with gr.Accordion("More", open=False):
                width = gr.Slider(
                    8, 64, value=32, step=8, label="Width", info="Channels of the networks."
                )
                r1 = gr.Slider(
                    0,
                    10,
                    value=0.1,
                    step=0.1,
                    label="R1 penalty",
                    info="Keeps the discriminator from getting too sure; 0 for none.",
                )
            seed = gr.Number(
                0, precision=0, minimum=0, label="Seed", info="Another seed, another run."
            )
            with gr.Row():
                start = gr.Button("Start", variant="primary", min_width=100)
                stop = gr.Button("Stop", variant="stop", min_width=100)
        with gr.Column(scale=2, min_width=320):
            status = gr.Markdown(
                "Press **Start** to train on the 1,797 handwritten digits of scikit-learn "
                "([UCI](https://doi.org/10.24432/C50P49), CC BY 4.0). "
                "Nothing of the run is kept when you leave.",
                label="Status",
            )
            with gr.Row():
                with gr.Column(min_width=240):
                    gr.Markdown("**Now**: always the same 64 random inputs")
                    grid = gr.Image(label="Now", elem_id="gan-samples", **PICTURE)
                with gr.Column(min_width=240):
                    gr.Markdown("**Look back** with the slider")
                    past = gr.Image(label="Look back", **PICTURE)
                    position = gr.Slider(
                        0,
                        1,
                        value=0,
                        step=1,
                        label="First attempt → latest attempt",
                        interactive=False,
                    )
            gr.Markdown(
                "**Scored as real**: what probability of being real the discriminator gives to "
                "real pictures (blue) and to generated ones (orange); on the grey line it is "
                "fooled half the time. **Losses**: generator (orange), discriminator (blue)."
            )
            with gr.Row():
                # The line above names the colours: the plot cuts its own legend off.
                scores = gr.LinePlot(
                    x="step",
                    y="score",
                    color="on",
                    color_title=" ",
                    label="Scored as real",
                    y_lim=[0, 1],
                    color_map={REAL: "#2563eb", FAKE: "#ea580c", HALF: "#9ca3af"},
                    height=300,
                )
                losses = gr.LinePlot(
                    x="step",
                    y="loss",
                    color="of",
                    color_title=" ",
                    label="Losses",
                    color_map={GENERATOR: "#ea580c", DISCRIMINATOR: "#2563eb"},
                    height=300,
                )
            objective = gr.Markdown(label="Objective")
    attempts = gr.State([])

    def gan_train(
        steps: float = 1500,
        batch_size: float = 32,
        learning_rate_g: float = 0.002,
        learning_rate_d: float = 0.002,
        width: float = 32,
        r1: float = 0.1,
        seed: float = 0,
    ) -> Iterator[Shown]:
        """Train a DCGAN on scikit-learn's digits and stream how it goes.

        Args:
            steps: 100 to 5000 updates of each network.
            batch_size: 16 to 128 pictures a step.
            learning_rate_g: the generator's, 0.0001 to 0.004.
            learning_rate_d: the discriminator's, the same.
            width: 8 to 64 channels in the finest layer.
            r1: weight of the R1 penalty, 0 to 10.
            seed: 0 to 4294967295; decides weights, order of pictures and latents.

        Returns:
            About every second: a status line, samples, the discriminator's scores, the losses,
            and the objective in numbers; then what the look-back slider shows.
        """
        history: Evenly[TrainStep] = Evenly(POINTS)
        kept: Evenly[tuple[int, bytes]] = Evenly(FRAMES)
        latest: TrainStep | None = None
        for latest in backend.train(
            steps, batch_size, width, learning_rate_g, learning_rate_d, seed, r1
        ):
            if latest.step:
                history.add(latest)
            kept.add((latest.step, _png(latest.grid)))
            yield _show(progress(latest), latest, r1, history, kept)
        if latest is None:
            raise UserError("Stopped before the first step.")
        yield _show(ending(latest), latest, r1, history, kept)

    start.click(
        gan_train,
        [steps, batch_size, rate_g, rate_d, width, r1, seed],
        [status, grid, scores, losses, objective, attempts, position, past],
        api_name="gan_train",
        show_progress="hidden",
    )
    stop.click(backend.cancel, None, None, queue=False, api_visibility="private")
    position.input(
        look_back,
        [attempts, position],
        [past, position],
        queue=False,
        show_progress="hidden",
        api_visibility="private",
        trigger_mode="always_last",
    )


def look_back(attempts: Attempts, position: float) -> tuple[np.ndarray | None, Any]:
    """The remembered grid at a position of the slider, and the slider named after it."""
    if not attempts:
        return None, gr.skip()
    step, png = attempts[min(int(position), len(attempts) - 1)]
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")), gr.Slider(label=_label(step))


def progress(now: TrainStep) -> str:
    """The status line of a run under way."""
    if now.step == 0:
        return f"Step 0 of {now.steps:,}: the untrained generator draws noise."
    return (
        f"**Step {now.step:,} of {now.steps:,}** · {_minutes(now.seconds)} gone, about "
        f"{_minutes(now.seconds_left)} left · {now.images_per_second:,.0f} pictures a second"
    )


def ending(last: TrainStep) -> str:
    """The status line of a run that is over."""
    took = f"{last.step:,} steps in {_minutes(last.seconds)}"
    if last.step == last.steps:
        return f"**Done**: {took}. Move the slider to look back."
    return f"**Stopped** at step {last.step:,} of {last.steps:,}. The last samples are kept."


def objective_text(now: TrainStep, r1: float) -> str:
    """The objective with its current numbers and its sources. r1: weight of the R1 penalty."""
    if now.step == 0:
        return ""
    penalty = "D also pays the R1 penalty of Mescheder et al. 2018. " if r1 else ""
    return (
        f"D lowers −log D(x) − log(1 − D(G(z))) = **{now.loss_d:.3f}** (1.386 when it can only "
        f"guess); G lowers −log D(G(z)) = **{now.loss_g:.3f}** (0.693 when D can only guess): the "
        "non-saturating game of Goodfellow et al. 2014, in natural logarithms. "
        f"{penalty}Samples come from the moving average of G. Gradient norms: "
        f"G {now.gradient_g:.2f}, D {now.gradient_d:.2f}."
    )


def _show(
    line: str,
    now: TrainStep,
    r1: float,
    history: Evenly[TrainStep],
    kept: Evenly[tuple[int, bytes]],
) -> Shown:
    attempts, points = kept.items(), history.items()
    last = len(attempts) - 1
    slider = gr.Slider(
        maximum=max(last, 1), value=last, interactive=last > 0, label=_label(attempts[-1][0])
    )
    return (
        line,
        now.grid,
        _scores(points),
        _losses(points),
        objective_text(now, r1),
        attempts,
        slider,
        now.grid,
    )


def _scores(points: list[TrainStep]) -> Curve:
    rows = [
        (p.step, score, on)
        for p in points
        for score, on in ((p.score_real, REAL), (p.score_fake, FAKE), (0.5, HALF))
    ]
    return _curve(rows, ["step", "score", "on"])


def _losses(points: list[TrainStep]) -> Curve:
    rows = [
        (p.step, loss, of)
        for p in points
        for loss, of in ((p.loss_g, GENERATOR), (p.loss_d, DISCRIMINATOR))
    ]
    return _curve(rows, ["step", "loss", "of"])


def _curve(rows: list[tuple[int, float, str]], columns: list[str]) -> Curve:
    # A plot that has once shown an empty frame draws no lines later: None until there are points.
    return pd.DataFrame(rows, columns=columns) if rows else None


def _png(picture: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    # Grey samples as one channel: a third of the memory of a visitor's history.
    Image.fromarray(picture).convert("L").save(buffer, "PNG")
    return buffer.getvalue()


def _label(step: int) -> str:
    return f"First attempt → latest attempt (step {step:,})"


def _minutes(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"
