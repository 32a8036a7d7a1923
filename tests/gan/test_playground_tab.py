"""The page of the playground: what it sends, what it keeps, links, and its events."""

from __future__ import annotations

import asyncio
import base64
import json
import math
import time
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np
import pytest
from gradio.state_holder import SessionState

from host import UserError
from host.executors.call import CallCancelled
from plugins.gan.playground import play as game
from plugins.gan.playground import share, tab, view, visit, words
from plugins.gan.playground.points import read_csv
from plugins.gan.playground.presets import PRESETS
from plugins.gan.playground.results import Frame
from plugins.gan.playground.settings import PlaySettings

SMALL = PlaySettings(neurons_g=4, neurons_d=4, layers_g=1, layers_d=1, batch=16)
DRAWN = np.linspace(-0.9, 0.9, 60, dtype=np.float32).reshape(-1, 2)


class Direct:
    """The real game in this process; ``cancel`` ends its streams as the host's does."""

    def __init__(self) -> None:
        self.cancelled = 0

    def _stream(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        before = self.cancelled
        for frame in frames:
            if self.cancelled != before:
                return
            yield frame

    def play(self, *asked: Any) -> Iterator[Frame]:
        return self._stream(game.play(*asked))

    def play_step(self, *asked: Any) -> Iterator[Frame]:
        return self._stream(game.slow_step(*asked))

    def play_csv(self, data: bytes) -> np.ndarray:
        return read_csv(data)

    def cancel(self, *methods: str) -> None:
        self.cancelled += 1


@pytest.fixture(scope="module")
def backend() -> Direct:
    return Direct()


@pytest.fixture(scope="module")
def frame() -> Frame:
    return next(iter(game.play(PlaySettings(), None, 1, 1, 0.0)))


class Stopped(Direct):
    """Somebody else has the worker, and the call is cancelled while it waits."""

    def play(self, *asked: Any) -> Iterator[Frame]:
        raise CallCancelled("Stopped before it began.")

    play_step = play


@pytest.fixture(scope="module")
def page(backend: Direct) -> gr.Blocks:
    with gr.Blocks() as blocks:
        tab.build(backend)
    return blocks


@pytest.fixture(scope="module")
def events(page: gr.Blocks) -> dict[str, Any]:
    """The event functions by name."""
    return functions(page)


def functions(page: gr.Blocks) -> dict[str, Any]:
    return {fn.fn.__name__: fn.fn for fn in page.fns.values() if fn.fn is not None}


def stopped() -> dict[str, Any]:
    """The event functions of a page whose calls are all cancelled while they wait."""
    with gr.Blocks() as blocks:
        tab.build(Stopped())
    return functions(blocks)


def skipped(output: Any) -> bool:
    return output == gr.skip()


def with_values(**typed: Any) -> list[Any]:
    fields = [name for name in PlaySettings.__dataclass_fields__ if name != "points"]
    return list((dict(zip(fields, values(), strict=True)) | typed).values())


def values(settings: PlaySettings = SMALL) -> list[Any]:
    return [
        getattr(settings, name) for name in PlaySettings.__dataclass_fields__ if name != "points"
    ]


# -- what the canvas is sent


def test_a_frame_is_small_and_says_what_it_shows(frame: Frame) -> None:
    curve = [view.point(replace(frame, step=n)) for n in range(visit.POINTS + 1)]
    text = view.frame_json(frame, curve, "ring")
    assert len(text) < 60_000
    told = json.loads(text)
    assert len(told["heat"]) == 1600
    np.testing.assert_allclose(np.reshape(told["fake"], (-1, 2)), frame.fake, atol=6e-4)
    np.testing.assert_allclose(np.reshape(told["heat"], (40, 40)), frame.heat, atol=6e-3)
    assert len(told["manifold"]) == 2 * told["rows"] * told["columns"]
    assert len(told["density"]) == (told["rows"] - 1) * (told["columns"] - 1)
    assert len(told["curve"]["js"]) == len(told["curve"]["step"]) == len(curve)


def test_numbers_that_are_not_finite_are_null(frame: Frame) -> None:
    broken = replace(
        frame,
        loss_g=math.nan,
        kl=math.inf,
        fake=np.full_like(frame.fake, np.nan),
        gradient=np.full_like(frame.gradient, 1e30),
    )
    told = json.loads(view.frame_json(broken, [view.point(broken)]))
    assert told["loss_g"] is None
    assert told["curve"]["kl"] == [None]
    assert set(told["fake"]) == {None}


# -- links


@pytest.mark.parametrize(
    "settings",
    [
        PlaySettings(),
        PlaySettings(distribution="grid", layers_g=4, rate_d=0.03, seed=2**32 - 1),
        PlaySettings(distribution="own", points=DRAWN),
        *(settings for _, settings in PRESETS.values()),
    ],
)
def test_a_link_brings_the_same_settings(settings: PlaySettings) -> None:
    code = share.encode(settings)
    assert len(code) < 2_500
    assert not set(code) - set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    again = share.decode(code)
    assert values(again) == values(settings)
    if settings.points is not None:
        np.testing.assert_allclose(again.points, settings.points, atol=1 / 255)


def test_many_drawn_points_still_fit_in_a_link() -> None:
    points = np.random.default_rng(0).uniform(-1, 1, (20_000, 2)).astype(np.float32)
    again = share.decode(share.encode(PlaySettings(distribution="own", points=points)))
    assert again.points.shape == (share.MOST_POINTS, 2)


def coded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "code",
    [
        "<script>",
        "ä",
        "A",
        "A" * 100_000,
        coded([]),
        coded("ring"),
        coded({"layers": 3}),  # of another version
        coded({"layers_g": 99}),
        coded({"layers_g": "2"}),
        coded({"layers_g": True}),
        coded({"rate_g": math.nan}),
        coded({"distribution": ["ring"]}),
        coded({"distribution": "own"}),
        coded({"distribution": "own", "points": "A"}),
        coded({"distribution": "own", "points": [[0, 0]] * 5}),
        coded({"snapshot": "AAAA"}),
        base64.urlsafe_b64encode(b"[" * 2_000).decode().rstrip("="),
    ],
)
def test_another_link_is_refused_with_a_sentence(code: str) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        share.decode(code)


def test_any_text_is_settings_or_a_refusal() -> None:
    random = np.random.default_rng(1)
    good = share.encode(PlaySettings(distribution="own", points=DRAWN, seed=7))
    for _ in range(1_500):
        kind = random.integers(3)
        if kind == 0:  # any characters
            text = "".join(map(chr, random.integers(1, 0xD800, random.integers(1, 40))))
        elif kind == 1:  # any JSON of our names
            names = random.choice(["layers_g", "rate_d", "distribution", "points", "seed"], 2)
            wild = [None, -1, 3, 1e400, "own", "", [], {}, 2**70, False]
            text = coded({str(name): wild[random.integers(len(wild))] for name in names})
        else:  # a good one, damaged
            place = int(random.integers(len(good)))
            text = good[:place] + chr(random.integers(33, 127)) + good[place + 1 :]
        try:
            settings = share.decode(text)
        except UserError as error:
            assert str(error).endswith(".")
        else:
            assert share.decode(share.encode(settings)).seed == settings.seed


# -- a visitor's game


def test_a_game_goes_on_where_it_was_left(backend: Direct) -> None:
    now = visit.Visit(speed=8)
    for frame in now.play(backend, SMALL):
        if frame.step >= 50:
            backend.cancel()
    left = now.latest.step
    assert not now.over
    assert next(now.play(backend, SMALL)).step == left


def test_settings_are_changed_in_mid_run(backend: Direct) -> None:
    now = visit.Visit(speed=8)
    steps, modes = [], []
    for frame in now.play(backend, SMALL):
        steps.append(frame.step)
        modes.append(frame.modes)
        if frame.step >= 50 and now.settings.distribution == "ring":
            now.settings = replace(SMALL, distribution="grid")
        if frame.step >= 150:
            backend.cancel()
    assert steps == sorted(steps)
    assert modes[0] == 0
    assert modes[-1] == 9


def test_a_run_ends_by_itself(backend: Direct, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visit, "STEPS", 60)
    now = visit.Visit(speed=8)
    *_, last = now.play(backend, SMALL)
    assert last.step == 60
    assert now.over
    assert "goes on" in words.paused(last, now.over)
    *_, last = now.play(backend, SMALL)
    assert last.step == 120


def test_going_back_forgets_what_came_later(backend: Direct, monkeypatch: Any) -> None:
    monkeypatch.setattr(visit, "STEPS", 20)
    now = visit.Visit(speed=5)
    first = list(now.play(backend, SMALL))
    back = now.go_back(1)
    assert 0 < back.step < 20
    again = list(now.play(backend, SMALL))
    np.testing.assert_array_equal(again[0].fake, back.fake)
    assert again[-1].step == back.step + 20
    steps = [point[0] for point in now.curve]
    assert steps == sorted(set(steps))
    assert first[-1] not in now.moments


def test_a_visitor_is_kept_within_bounds(frame: Frame) -> None:
    now = visit.Visit()
    large = bytes(1_300_000)
    for step in range(500):
        now._show(replace(frame, step=step, snapshot=large))
    assert sum(len(each.snapshot) for each in now.moments) <= visit.MOMENTS_BYTES
    assert len(now.moments) >= 2
    assert now.moments[-1].step == 499
    assert len(now.curve) <= visit.POINTS + 1


def test_every_sub_step_is_told_and_lit(backend: Direct) -> None:
    for player in ("both", "D", "G"):
        now = visit.Visit()
        told = [now.sub_step(backend, SMALL, player)]
        while now.sub_steps:
            told.append(now.sub_step(backend, SMALL, player))
        assert told[-1].step == 1
        assert all(frame.caption and words.lit(frame.phase) for frame in told)


# -- the events


def test_a_program_streams_frames(events: dict[str, Any]) -> None:
    stream = events["gan_play"](
        "grid", 20, 10, neurons_g=4, neurons_d=4, layers_g=1, layers_d=1, batch=16
    )
    steps = [json.loads(text)["step"] for text in stream]
    assert (steps[0], steps[-1]) == (0, 20)


def test_a_program_goes_through_a_step(events: dict[str, Any]) -> None:
    stream = events["gan_play_step"]("ring", "D", 5, batch=16)
    told = [json.loads(text) for text in stream]
    assert (told[0]["step"], told[-1]["step"]) == (5, 6)
    assert all(each["caption"] for each in told)


@pytest.mark.parametrize(
    "asked",
    [
        {"distribution": "star"},
        {"steps": 10**9},
        {"distribution": "own"},
        {"distribution": "own", "points": "[[1, 2"},
        {"distribution": "own", "points": '{"x": 1}'},
        {"rate_g": math.nan},
    ],
)
def test_a_program_is_refused_with_a_sentence(
    events: dict[str, Any], asked: dict[str, Any]
) -> None:
    with pytest.raises(UserError, match=r"\.$"):
        next(events["gan_play"](**asked))


def test_a_drawing_is_learnt_from(events: dict[str, Any]) -> None:
    now = visit.Visit()
    flat = DRAWN.ravel().tolist()
    plot, _, _, chosen = events["drawn"](now, SimpleNamespace(points=flat), 5, *values())
    assert chosen == "own"
    np.testing.assert_allclose(now.own, DRAWN)
    real = np.reshape(json.loads(plot)["real"], (-1, 2))
    assert np.abs(real[:, 0] - real[:, 1]).max() < 0.3  # on the diagonal that was drawn
    cleared = events["drawn"](now, SimpleNamespace(points=[]), 5, *values())
    assert now.own is None
    assert "Draw" in cleared[1]


@pytest.mark.parametrize("sent", ["x", [1, 2, 3], [[1, 2]], {"a": 1}, [None, None] * 5, [9] * 8])
def test_what_is_no_drawing_is_refused(events: dict[str, Any], sent: Any) -> None:
    plot, line, *rest = events["drawn"](visit.Visit(), SimpleNamespace(points=sent), 5, *values())
    assert line.endswith(".")
    assert all(map(skipped, [plot, *rest]))


def test_a_csv_beyond_the_plane_is_fitted(events: dict[str, Any]) -> None:
    now = visit.Visit()
    data = "\n".join(f"{n},{10 * n}" for n in range(50)).encode()
    *_, chosen = events["uploaded"](now, data, 5, *values())
    assert chosen == "own"
    assert np.abs(now.own).max() <= 1


def test_a_damaged_link_leaves_the_usual_game(events: dict[str, Any]) -> None:
    plot, line, *_ = events["seen"](visit.Visit(), SimpleNamespace(link="%%"), *values())
    assert "cannot be read" in line
    assert json.loads(plot)["step"] == 0


@pytest.mark.parametrize("name", PRESETS)
def test_presets_fit_the_controls(events: dict[str, Any], name: str) -> None:
    watched, settings = PRESETS[name]
    shown = events["choose"](visit.Visit(), name, 5)
    assert shown[4:] == tuple(values(settings))
    assert watched in shown[3].value


def test_a_typed_rate_is_a_number(events: dict[str, Any]) -> None:
    now = visit.Visit()
    events["changed"](now, 5, *with_values(rate_g="0.005"))
    assert now.settings.rate_g == 0.005
    assert "rate" in events["changed"](now, 5, *with_values(rate_g="fast"))[1]


def test_a_run_left_for_the_past_shows_nothing_more(events: dict[str, Any]) -> None:
    now = visit.Visit()
    stream = events["play"](now, 8, *values())
    next(stream)
    next(stream)
    events["go_back"](now, 0)
    end = time.monotonic() + 30
    rest = list(stream)
    assert time.monotonic() < end
    assert all(isinstance(each[0], dict) for each in rest)  # gr.skip()
    assert now.latest.step == 0


# -- what goes wrong is said, and what goes on by itself can be stopped


OTHERWISE = {
    "stop": lambda event, now: event(now),
    "begin_anew": lambda event, now: event(now, *values()),
    "changed": lambda event, now: event(now, 5, *with_values(seed=1)),
    "choose": lambda event, now: event(now, "A good start", 5),
    "uploaded": lambda event, now: event(now, b"x,y\n0,0\n0.5,0.5\n1,1\n0,1\n1,0", 5, *values()),
    "go_back": lambda event, now: event(now, 0),
    "next_sub_step": lambda event, now: event(now, "both", *values()),
    "forget_sub_steps": lambda event, now: event(now),
    "play": lambda event, now: list(zip(event(now, 8, *values()), range(2), strict=False)),
}


@pytest.mark.parametrize("name", OTHERWISE)
def test_slow_motion_ends_when_something_else_is_done(
    events: dict[str, Any], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(tab, "_REST", 0.01)
    now = visit.Visit()
    stream = events["step"](now, "both", *values())
    next(stream)
    OTHERWISE[name](events[name], now)
    on_show = now.latest
    rest = list(stream)
    assert rest  # the last outputs are shown once more at the end
    assert all(skipped(each) for outputs in rest for each in outputs)
    assert now.latest is on_show


def test_slow_motion_ends_a_run(events: dict[str, Any], backend: Direct) -> None:
    now = visit.Visit()
    run = events["play"](now, 8, *values())
    next(run)
    next(run)
    line = next(events["step"](now, "both", *values()))[1]
    assert "slow motion" in line
    assert all(skipped(each) for outputs in run for each in outputs)


def test_a_step_goes_to_its_end(events: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tab, "_REST", 0.01)
    now = visit.Visit()
    *_, last, _ = events["step"](now, "both", *values())
    assert "The step is done" in last[1]
    assert now.latest.step == 1


def test_a_cancelled_call_leaves_what_is_on_show() -> None:
    events = stopped()
    now = visit.Visit()
    link = share.encode(PlaySettings(distribution="grid"))
    assert all(map(skipped, events["changed"](now, 5, *values())))
    assert all(map(skipped, events["begin_anew"](now, *values())))
    assert all(map(skipped, events["next_sub_step"](now, "both", *values())))
    assert all(map(skipped, *events["step"](now, "both", *values())))
    *shown, chosen = events["uploaded"](now, b"0,0\n1,1\n0,1\n1,0\n0.5,0.5", 5, *values())
    assert all(map(skipped, shown))
    assert chosen == "own"
    plot, _, _, distribution, *_ = events["seen"](now, SimpleNamespace(link=link), *values())
    assert skipped(plot)
    assert distribution == "grid"


def test_who_waits_for_the_worker_is_told() -> None:
    now = visit.Visit()
    waiting, after = stopped()["play"](now, 5, *values())
    assert "Waiting for the worker" in waiting[1]
    assert after[1] == words.START
    assert not now.running


def call(page: gr.Blocks, name: str, now: visit.Visit, *sent: Any) -> list[Any]:
    """An event with what the browser sends, through Gradio's own checks."""
    fn = next(each for each in page.fns.values() if each.fn and each.fn.__name__ == name)
    state = SessionState(page)
    state[fn.inputs[0]._id] = now
    return asyncio.run(page.process_api(fn, [None, *sent], state=state))["data"]


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ({"seed": None}, "seed"),
        ({"seed": -5}, "seed"),
        ({"seed": 99_999_999_999}, "seed"),
        ({"layers_g": 99}, "layers"),
        ({"batch": None}, "batch"),
        ({"rate_d": "fast"}, "rate"),
    ],
)
def test_a_value_that_is_not_allowed_is_said(
    page: gr.Blocks, typed: dict[str, Any], word: str
) -> None:
    now = visit.Visit()
    call(page, "changed", now, 5, *values())
    before = now.latest
    plot, line, _ = call(page, "changed", now, 5, *with_values(**typed))
    assert word in line
    assert line.endswith(".")
    assert "value" not in plot  # the picture stays
    assert now.latest is before


def test_a_run_goes_on_and_says_what_is_not_allowed(events: dict[str, Any]) -> None:
    now = visit.Visit()
    run = events["play"](now, 8, *values())
    next(run)
    next(run)
    events["changed"](now, 8, *with_values(seed=-5))
    assert "seed" in next(run)[1]
    events["changed"](now, 8, *with_values(seed=5))
    assert "seed" not in next(run)[1]
    run.close()


@pytest.mark.parametrize(("sent", "speed"), [(99, 8), (-3, 1), (None, 5), (6.4, 6)])
def test_the_nearest_speed_is_taken(page: gr.Blocks, sent: Any, speed: int) -> None:
    now = visit.Visit()
    call(page, "faster", now, sent)
    assert now.speed == speed


@pytest.mark.parametrize("place", [None, -1, 99])
def test_there_is_no_other_time_to_go_back_to(page: gr.Blocks, place: Any) -> None:
    now = visit.Visit()
    call(page, "changed", now, 5, *values())
    call(page, "go_back", now, place)
    assert now.latest.step == 0
