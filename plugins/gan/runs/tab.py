"""Watch a GAN learn: scikit-learn's digits, a known data set, or the visitor's own pictures."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import gradio as gr

from host import UserError
from host.ui import QUIET
from plugins.gan.components import PICTURE
from plugins.gan.runs import after_tab, objective_view, own_files, view
from plugins.gan.runs import controls as run_controls
from plugins.gan.runs.results import TrainStep
from plugins.gan.runs.run import Run
from plugins.gan.runs.settings import OWN, RunSettings, suited

RATES = ("learning_rate_g", "learning_rate_d", "r1")
Shown = tuple[Any, ...]


def build(backend: Any) -> None:
    """Writes the sub-tab."""
    run: Any = gr.State(None)
    with gr.Row():
        with gr.Column(scale=1, min_width=260):
            controls = run_controls.write()
            files = gr.File(
                label="Pictures, or a zip of them",
                file_count="multiple",
                visible=False,
                height=140,
                elem_id="gan-files",
            )
            with gr.Row():
                start = gr.Button("Start", variant="primary", min_width=80)
                stop = gr.Button("Stop", variant="stop", min_width=80)
                go_on = gr.Button("Go on", min_width=80)
        with gr.Column(scale=2, min_width=320):
            status = gr.Markdown(
                "Press **Start** to train on the 1,797 handwritten digits of scikit-learn "
                "([UCI](https://doi.org/10.24432/C50P49), CC BY 4.0). What you train is yours "
                "alone and goes when you leave; save it below.",
                label="Status",
            )
            with gr.Row():
                with gr.Column(min_width=240):
                    gr.Markdown("**Now**: always the same random inputs")
                    grid = gr.Image(label="Now", elem_id="gan-samples", **PICTURE)
                with gr.Column(min_width=240):
                    gr.Markdown("**Look back** with the slider")
                    past = gr.Image(label="Look back", elem_id="gan-past", **PICTURE)
                    position = gr.Slider(
                        0,
                        1,
                        value=0,
                        step=1,
                        label="First attempt → many attempts later",
                        interactive=False,
                    )
            health = gr.Markdown(label="Health", elem_id="gan-health")
            curves = gr.HTML(label="Curves", elem_id="gan-curves")
            objective = gr.Markdown(label="Objective")
    shown = [status, grid, curves, health, objective, run, position, past]

    def gan_train(
        data: str = "digits",
        conditional: bool = False,
        steps: float = 1500,
        objective: str = "non-saturating",
        batch_size: float = 32,
        size: str = "32",
        width: float = 32,
        learning_rate_g: float = 0.002,
        learning_rate_d: float = 0.002,
        r1: float = 0.1,
        augment: str = "auto",
        seed: float = 0,
        files: list[str] | None = None,
    ) -> Iterator[Shown]:
        """Train a DCGAN and stream how it goes.

        Args:
            data: "digits" (scikit-learn's), "mnist", "fashion-mnist", "cifar10", or "own".
            conditional: tell both networks the class of each picture.
            steps: 1 to 20000 updates of the generator.
            objective: "non-saturating", "hinge", "wgan-gp", "least-squares" or "bce".
            batch_size: 8 to 256 pictures a step.
            size: 16, 32 or 64 pixels a side.
            width: 8 to 64 channels in the finest layer.
            learning_rate_g: the generator's, 0.000001 to 0.01.
            learning_rate_d: the discriminator's, the same.
            r1: weight of the R1 penalty, 0 to 100, where the objective has it.
            augment: DiffAugment, "on", "off" or "auto" (on below 1,000 pictures).
            seed: 0 to 4294967295; decides weights, order of pictures and latents.
            files: for "own": pictures, or zips of them; folders of a zip are its classes.

        Returns:
            About every second: a status line, samples, the curves as HTML, whether training is
            healthy, and the objective in numbers; then what the look-back slider shows.
        """
        settings = RunSettings(
            data,
            conditional,
            steps,  # type: ignore[arg-type]
            batch_size,  # type: ignore[arg-type]
            int(size) if str(size).isdecimal() else size,  # type: ignore[arg-type]
            width,  # type: ignore[arg-type]
            learning_rate_g,
            learning_rate_d,
            objective,
            r1,
            augment,
            seed,  # type: ignore[arg-type]
        ).checked()
        yield from _stream(backend, Run(settings, own_files.read(files) if data == OWN else []))

    def continue_run(
        run: Run | None, files: list[str] | None, steps: float, rate_g: float, rate_d: float
    ) -> Iterator[Shown]:
        """Go on from the last saved state, with the steps and rates as they are now."""
        if run is None or run.state is None:
            raise UserError("There is no run to go on with: press Start.")
        own_files.of(run, files)
        steps = steps if steps > run.state_step else run.state_step + run.settings.steps
        run.settings = dataclasses.replace(
            run.settings,
            steps=int(min(steps, 20_000)),
            learning_rate_g=rate_g,
            learning_rate_d=rate_d,
        ).checked()
        if run.settings.steps <= run.state_step:
            raise UserError("This run has its 20,000 steps: there can be no more.")
        run.go_back()
        yield from _stream(backend, run)

    begun = start.click(
        gan_train,
        [*controls.values(), files],
        shown,
        api_name="gan_train",
        show_progress="hidden",
    )
    continued = go_on.click(
        continue_run,
        [run, files, *(controls[name] for name in ("steps", "learning_rate_g", "learning_rate_d"))],
        shown,
        **QUIET,
    )
    stop.click(lambda: backend.cancel("train"), None, None, queue=False, **QUIET)
    controls["data"].change(
        lambda name: gr.File(visible=name == OWN), controls["data"], files, queue=False, **QUIET
    )
    gr.on(
        [controls["conditional"].input, controls["objective"].input],
        _suited,
        [controls["conditional"], controls["objective"]],
        [controls[name] for name in RATES],
        queue=False,
        **QUIET,
    )
    position.input(
        look_back,
        [run, position],
        [past, position],
        queue=False,
        trigger_mode="always_last",
        **QUIET,
    )
    after_tab.build(backend, run, files, shown, [begun, continued])


def look_back(run: Run | None, position: float) -> tuple[Any, Any]:
    """The remembered grid at a position of the slider, and the slider named after it."""
    found = run.look_back(position) if run is not None else None
    if found is None:
        return None, gr.skip()
    return found[1], gr.Slider(label=view.look_back_label(found[0]))


def _suited(conditional: bool, objective: str) -> list[float]:
    """The rates and the penalty that go with these."""
    settings = suited(RunSettings(conditional=conditional, objective=objective))
    return [getattr(settings, name) for name in RATES]


def _stream(backend: Any, run: Run) -> Iterator[Shown]:
    yield ("Waiting for the worker ...", *[gr.skip()] * 4, run, gr.skip(), gr.skip())
    last: TrainStep | None = None
    for last in backend.train(run.settings, run.files, run.state):
        run.add(last)
        if last.note:
            yield (last.note, *[gr.skip()] * 4, run, gr.skip(), gr.skip())
        else:
            yield _show(run, last, view.progress(last))
    if last is None or run.last is None:
        raise UserError("Stopped before the first step.")
    yield _show(run, run.last, view.ending(run.last, run.state_step))


def _show(run: Run, now: TrainStep, line: str) -> Shown:
    attempts = run.attempts.items()
    last = len(attempts) - 1
    slider = gr.Slider(
        maximum=max(last, 1),
        value=last,
        interactive=last > 0,
        label=view.look_back_label(attempts[-1][0]),
    )
    return (
        line,
        now.grid,
        view.curves(run.history.items()),
        view.health(now),
        objective_view.now(now, run.settings),
        run,
        slider,
        now.grid,
    )
