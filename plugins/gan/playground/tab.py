"""The playground: a GAN in the plane, drawn in the visitor's browser, changed while it plays."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from host import UserError
from host.ui import QUIET, WorkerError
from plugins.gan.playground import api, canvas, share, view, words
from plugins.gan.playground.controls import Controls, Slider
from plugins.gan.playground.points import fitted
from plugins.gan.playground.presets import PRESETS
from plugins.gan.playground.results import Frame
from plugins.gan.playground.visit import SPEEDS, Visit

_REST = 1.1  # seconds to read a caption
_KEPT = 3600  # seconds that a game waits for its visitor


def build(backend: Any) -> None:
    """Write the sub-tab. ``backend``: has ``play``, ``play_step``, ``play_csv``, ``cancel``."""
    gr.Markdown(words.ABOUT)
    controls = Controls()
    with gr.Row():
        with gr.Column(scale=5, min_width=320):
            with gr.Row():
                run = gr.Button("Run", variant="primary", min_width=80)
                pause = gr.Button("Pause", min_width=80)
                reset = gr.Button("New", min_width=80)
            status = gr.Markdown(words.START)
            plot = canvas.plot()
            with gr.Group():
                player = gr.Radio(
                    [("D, then G", "both"), ("only D", "D"), ("only G", "G")],
                    value="both",
                    label="In slow motion",
                )
                with gr.Row():
                    sub_step = gr.Button("Next sub-step", size="sm", min_width=120)
                    whole_step = gr.Button("A whole step", size="sm", min_width=120)
        with gr.Column(scale=3, min_width=300):
            preset = gr.Dropdown(list(PRESETS), value=None, label="See this")
            watch = gr.Markdown("", visible=False)
            controls.add_distribution()
            csv = gr.UploadButton(
                "Upload points (CSV: x, y)", file_types=[".csv", ".txt"], type="binary", size="sm"
            )
            speed = Slider(1, len(SPEEDS), value=5, step=1, label="Speed")
            moment = Slider(0, 1, value=0, step=1, label="Go back in time", interactive=False)
            with gr.Accordion("Objective and learning", open=False):
                controls.add_game()
            with gr.Accordion("Noise, networks, seed", open=False):
                controls.add_networks()
            with gr.Row():
                copy = gr.Button("Copy a link to these settings", size="sm")
            link = gr.Textbox(
                label="Link", visible=False, buttons=["copy"], elem_id="gan-play-link"
            )
    controls = controls.in_order()
    named, components = controls.named, controls.components()
    visit = gr.State(Visit(), time_to_live=_KEPT)
    shown = [plot, status, moment]

    def look(now: Visit, frame: Frame, line: str, **told: Any) -> tuple[Any, ...]:
        lit = words.lit(frame.phase)
        drawn = view.frame_json(frame, now.curve, now.settings.distribution, lit, **told)
        return drawn, f"{now.refused}\n\n{line}" if now.refused else line, _rewind(now, frame)

    def stand(now: Visit, frame: Frame | None, **told: Any) -> tuple[Any, ...]:
        """A game that waits. Without a frame what is on show stays: the call was cancelled."""
        if frame is None:
            return (gr.skip(),) * 3
        return look(now, frame, words.standing(frame), **told)

    def play(now: Visit, speed: float, *values: Any) -> Iterator[tuple[Any, ...]]:
        """From where the game stands; what changes meanwhile is in the visit."""
        settings = controls.settings(values, now.own)
        now.go_at(speed)
        if now.running and now.run is not None:  # pressed twice
            yield (gr.skip(),) * 3
            return
        yield gr.skip(), words.WAITING, gr.skip()
        frame, told, mine = None, {"draw": False}, object()
        try:
            for frame in now.play(backend, settings, mine):
                yield look(now, frame, words.running(frame), **told)
                told = {}  # who starts to draw now is not disturbed
        except (UserError, WorkerError):
            yield gr.skip(), words.standing(now.latest), gr.skip()
            raise
        if now.run is not mine:  # something else is on show already
            yield (gr.skip(),) * 3
        elif frame is None:  # cancelled while it waited
            yield gr.skip(), words.standing(now.latest), gr.skip()
        else:
            yield look(now, frame, words.paused(frame, now.over))

    def stop(now: Visit) -> None:
        now.interrupt()
        backend.cancel("play", "play_step")

    def react(now: Visit, speed: float, values: tuple[Any, ...]) -> tuple[Any, ...]:
        """A run goes on with these values; a game that waits shows what it would be."""
        now.go_at(speed)
        settings = controls.settings(values, now.own)
        if now.running:
            now.settings, now.refused = settings, ""
            return (gr.skip(),) * 3
        return stand(now, now.preview(backend, settings))

    def changed(now: Visit, speed: float, *values: Any) -> tuple[Any, ...]:
        """A control moved."""
        if _chosen(named, values) == "own" and now.own is None:
            now.interrupt()
            return '{"draw":true}', words.DRAW, gr.skip()
        return react(now, speed, values)

    def faster(now: Visit, speed: float) -> None:
        now.go_at(speed)

    def begin_anew(now: Visit, *values: Any) -> tuple[Any, ...]:
        settings = controls.settings(values, now.own)
        backend.cancel("play", "play_step")
        now.begin_anew()
        return stand(now, now.preview(backend, settings))

    def go_back(now: Visit, place: float | None) -> tuple[Any, ...]:
        if place is None:  # an emptied field
            return (gr.skip(),) * 3
        backend.cancel("play", "play_step")
        frame = now.go_back(int(place))
        if frame is None:
            return (gr.skip(),) * 3
        drawn, line, _ = look(now, frame, words.standing(frame))
        return drawn, line, gr.Slider(label=_moment_label(frame))

    def next_sub_step(now: Visit, player: str, *values: Any) -> tuple[Any, ...]:
        settings = controls.settings(values, now.own)
        backend.cancel("play")
        frame = now.sub_step(backend, settings, player)
        if frame is None:
            return (gr.skip(),) * 3
        return look(now, frame, words.slow(frame, len(now.sub_steps)), draw=False)

    def step(now: Visit, player: str, *values: Any) -> Iterator[tuple[Any, ...]]:
        """The rest of the step, or a whole one, with time to read each caption."""
        settings = controls.settings(values, now.own)
        backend.cancel("play")
        for frame in now.slow_motion(backend, settings, player, _REST):
            yield look(now, frame, words.slow(frame, len(now.sub_steps)), draw=False)
        yield (gr.skip(),) * 3  # the last outputs are shown once more at the end of a stream

    def forget_sub_steps(now: Visit) -> None:
        now.interrupt()
        now.sub_steps = []

    def drawn(now: Visit, event: gr.EventData, speed: float, *values: Any) -> tuple[Any, ...]:
        """A stroke was drawn, or one taken back: these are the points now."""
        if (points := getattr(event, "points", None)) is not None:
            now.own = canvas.points_of(points)
        if now.own is None:
            return gr.skip(), words.DRAW, gr.skip(), "own"
        return (*react(now, speed, _own(named, values)), "own")

    def uploaded(now: Visit, data: bytes, speed: float, *values: Any) -> tuple[Any, ...]:
        points, moved = fitted(backend.play_csv(data))
        now.own = points
        answer = react(now, speed, _own(named, values))
        if moved:
            gr.Info(moved)
        return (*answer, "own")

    def seen(now: Visit, event: gr.EventData, *values: Any) -> tuple[Any, ...]:
        """The canvas came into sight for the first time; a link may have brought the visitor."""
        code = getattr(event, "link", None)
        if now.latest is not None:  # this visitor has been here before
            return (*stand(now, now.latest), *[gr.skip()] * len(named))
        told: dict[str, Any] = {}
        back: list[Any] = [gr.skip()] * len(named)
        refused = ""
        settings = controls.settings(values, now.own)
        if code:
            try:
                settings = share.decode(code)
                now.own = settings.points
                back = controls.values(settings)
            except UserError as error:
                refused = str(error)
        if settings.points is not None:
            told["points"] = settings.points.ravel().round(3).tolist()
        frame = now.preview(backend, settings)
        now.refused = refused
        return (*stand(now, frame, **told), *back)

    def choose(now: Visit, name: str | None, speed: float) -> tuple[Any, ...]:
        if name is None:
            return (gr.skip(),) * (4 + len(named))
        backend.cancel("play", "play_step")
        watched, settings = PRESETS[name]
        now.begin_anew()
        now.go_at(speed)
        return (
            *stand(now, now.preview(backend, settings.checked()), draw=False),
            gr.Markdown(f"**Watch**: {watched}", visible=True),
            *controls.values(settings),
        )

    def encoded(now: Visit, *values: Any) -> str:
        return share.encode(controls.settings(values, now.own))

    # Pressed while an earlier run still ends, it counts too.
    run.click(play, [visit, speed, *components], shown, trigger_mode="multiple", **QUIET)
    pause.click(stop, visit, None, queue=False, **QUIET)
    reset.click(begin_anew, [visit, *components], shown, **QUIET)
    live: dict[str, Any] = {"queue": False, "trigger_mode": "always_last", **QUIET}
    moved = [each.input for each in components]
    gr.on(moved, _said(changed, 3), [visit, speed, *components], shown, **live)
    speed.input(faster, [visit, speed], None, **live)
    moment.input(_said(go_back, 3), [visit, moment], shown, **live)
    sub_step.click(next_sub_step, [visit, player, *components], shown, **QUIET)
    whole_step.click(step, [visit, player, *components], shown, **QUIET)
    player.input(forget_sub_steps, visit, None, **live)
    own = [*shown, named["distribution"]]
    plot.drawn(_said(drawn, 4), [visit, speed, *components], own, **live)
    csv.upload(uploaded, [visit, csv, speed, *components], own, **QUIET)
    first = [*shown, *components]
    plot.seen(_said(seen, len(first)), [visit, *components], first, queue=False, **QUIET)
    preset.input(choose, [visit, preset, speed], [*shown, watch, *components], **QUIET)
    copy.click(encoded, [visit, *components], link, **QUIET).success(
        None, link, link, js=canvas.COPY, **QUIET
    ).success(lambda: gr.Textbox(visible=True), None, link, queue=False, **QUIET)
    api.build(backend)


def _said(event: Callable[..., tuple[Any, ...]], outputs: int) -> Callable[..., tuple[Any, ...]]:
    """An event outside of the queue: its errors are said in the status line, the second output.

    Gradio would show them to nobody.
    """

    @functools.wraps(event)
    def answer(now: Visit, *given: Any) -> tuple[Any, ...]:
        try:
            return event(now, *given)
        except (UserError, WorkerError) as error:
            now.refused = str(error)  # a run that goes on says so, too
            return gr.skip(), now.refused, *(gr.skip(),) * (outputs - 2)

    return answer


def _rewind(now: Visit, frame: Frame) -> Any:
    last = len(now.moments) - 1
    return gr.Slider(
        maximum=max(last, 1), value=max(last, 0), interactive=last > 0, label=_moment_label(frame)
    )


def _moment_label(frame: Frame) -> str:
    return f"Go back in time (step {frame.step:,})"


def _chosen(named: dict[str, Any], values: tuple[Any, ...]) -> Any:
    return dict(zip(named, values, strict=True))["distribution"]


def _own(named: dict[str, Any], values: tuple[Any, ...]) -> tuple[Any, ...]:
    """The controls' values with the visitor's own distribution chosen."""
    return tuple({**dict(zip(named, values, strict=True)), "distribution": "own"}.values())
