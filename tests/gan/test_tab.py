"""The tab's own functions, with the backend in this process."""

from __future__ import annotations

import inspect
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from host import UserError
from host.images import to_png
from plugins.gan import tab
from plugins.gan.backend import GanBackend
from plugins.gan.curves import Curve, chart
from plugins.gan.game import view as game_view
from plugins.gan.generation.view import gif
from plugins.gan.history import Evenly
from plugins.gan.runs import opinion_view
from plugins.gan.runs.results import Opinion, TrainStep
from plugins.gan.runs.run import Run
from plugins.gan.runs.settings import RunSettings
from plugins.gan.runs.tab import look_back
from plugins.gan.runs.view import curves, ending, health, progress

TRAIN = {"steps": 40, "batch_size": 16, "size": 16, "width": 8, "learning_rate_g": 1e-3}


class Stoppable:
    """The backend in this process, ending a training after ``stop_after`` reports as Stop does."""

    def __init__(self, backend: GanBackend, stop_after: int | None = None) -> None:
        self._backend = backend
        self._stop_after = stop_after

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)

    def train(self, *arguments: Any) -> Iterator[TrainStep]:
        for number, step in enumerate(self._backend.train(*arguments)):
            if number == self._stop_after:
                return
            yield step

    def cancel(self, *methods: str) -> None: ...


def events(backend: Stoppable) -> dict[str, Any]:
    with gr.Blocks() as page:
        tab.build(backend)
    return {
        fn.api_name: fn.fn
        for fn in page.fns.values()
        if isinstance(fn.api_name, str) and fn.api_name.startswith("gan_")
    }


def test_its_events_have_their_published_names(backend: GanBackend) -> None:
    public = events(Stoppable(backend))
    assert set(public) == {
        "gan_generate",
        "gan_walk",
        "gan_nearest",
        "gan_train",
        "gan_turn",
        "gan_enlarge",
        "gan_edges_to_picture",
        "gan_colour",
        "gan_augment",
        "gan_export",
        "gan_play",
        "gan_play_step",
    }
    for name, fn in public.items():
        assert fn.__name__ == name
        words = fn.__doc__ or ""
        for parameter in inspect.signature(fn).parameters.values():
            assert parameter.name in words
            assert parameter.default is not parameter.empty or "picture" in parameter.name


def test_generate_shows_what_was_asked_for(backend: GanBackend) -> None:
    generate = events(Stoppable(backend))["gan_generate"]
    np.testing.assert_array_equal(
        generate("42", 7.0, 3.0, 1.5),  # Gradio's numbers may be floats
        backend.generate("42", 7, 3, 1.5),
    )


def test_walk_gives_an_animation_that_plays_there_and_back(backend: GanBackend) -> None:
    strip, path = events(Stoppable(backend))["gan_walk"]("1", 0, "7", 1, 10)
    with Image.open(path) as film:
        assert (film.format, film.n_frames) == ("GIF", 18)
    assert strip.shape[1] > strip.shape[0]


def test_gif_frames_are_in_order() -> None:
    frames = np.stack([np.full((4, 4, 3), level, np.uint8) for level in (0, 100, 200)])
    with Image.open(io.BytesIO(gif(frames))) as film:
        levels = []
        for number in range(film.n_frames):
            film.seek(number)
            levels.append(film.convert("L").getpixel((0, 0)))
    assert levels == [0, 100, 200, 100]


def test_training_streams_to_its_end_and_can_be_looked_back_at(backend: GanBackend) -> None:
    train = events(Stoppable(backend))["gan_train"]
    shown = [each for each in train(**TRAIN) if isinstance(each[1], np.ndarray)]
    status, grid, figure, healthy, objective, run, _, past = shown[-1]
    assert "Done" in status
    assert "40 steps" in status
    np.testing.assert_array_equal(grid, past)
    attempts = run.attempts.items()
    assert [attempts[0][0], attempts[-1][0]] == [0, 40]
    assert "fooled half the time" in figure
    assert "Nothing looks wrong" in healthy
    assert "Goodfellow" in objective
    first, slider = look_back(run, 0)
    assert "step 0" in slider.label
    np.testing.assert_array_equal(first, shown[0][1])
    np.testing.assert_array_equal(look_back(run, len(attempts) - 1)[0], grid)


def test_stopping_keeps_the_last_samples_and_can_be_gone_on_with(backend: GanBackend) -> None:
    train = events(Stoppable(backend, stop_after=3))["gan_train"]
    shown = list(train(**{**TRAIN, "steps": 5000}))
    assert "Stopped" in shown[-1][0]
    np.testing.assert_array_equal(shown[-1][1], shown[-2][1])
    run = shown[-1][5]
    assert run.state
    assert f"{run.state_step}" in shown[-1][0]


def test_stopping_before_the_first_step_is_a_sentence(backend: GanBackend) -> None:
    train = events(Stoppable(backend, stop_after=0))["gan_train"]
    with pytest.raises(UserError, match=r"^Stopped before the first step\.$"):
        list(train(**TRAIN))


def test_own_pictures_without_pictures_is_a_sentence(backend: GanBackend) -> None:
    train = events(Stoppable(backend))["gan_train"]
    with pytest.raises(UserError, match="choose pictures"):
        next(train(data="own"))


def test_own_pictures_are_trained_on(backend: GanBackend, tmp_path: Path) -> None:
    for level in range(20):
        picture = np.full((30, 30, 3), 10 * level, np.uint8)
        (tmp_path / f"{level}.png").write_bytes(to_png(picture))
    train = events(Stoppable(backend))["gan_train"]
    files = [str(path) for path in tmp_path.iterdir()]
    notes = [shown[0] for shown in train(**{**TRAIN, "steps": 4}, data="own", files=files)]
    assert any("20 pictures" in note for note in notes)
    assert "Done" in notes[-1]


def test_a_run_gone_on_with_forgets_what_came_after_its_state(backend: GanBackend) -> None:
    run = Run(RunSettings(steps=60, batch_size=16, size=16, width=8))
    for step in backend.train(run.settings):
        run.add(step)
    run.add(TrainStep(70, 100, begun=60, grid=run.last.grid))  # after the last saved state
    run.go_back()
    first, *_ = backend.train(RunSettings(steps=90, batch_size=16, size=16, width=8), (), run.state)
    assert progress(first) == "Going on from step 60."
    assert health(first) == ""
    run.add(first)
    steps = [point.step for point in run.history.items()]
    assert steps == sorted(steps)
    assert steps[-1] == 60
    assert [step for step, _ in run.attempts.items()][-1] == 60
    last = TrainStep(90, 90, begun=60, seconds=3.0)
    assert "the last 30 of 90 steps in 0:03" in ending(last, 90)


def test_looking_back_before_any_run_shows_nothing() -> None:
    assert look_back(None, 0)[0] is None
    assert look_back(Run(RunSettings()), 0)[0] is None


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 100, 1000])
def test_history_keeps_first_and_latest_evenly(count: int) -> None:
    history: Evenly[int] = Evenly(8)
    for number in range(count):
        history.add(number)
    kept = history.items()
    assert len(kept) <= 9
    if count <= 8:
        assert kept == list(range(count))
    else:
        assert (kept[0], kept[-1]) == (0, count - 1)
        gaps = set(np.diff(kept[:-1]))
        assert len(gaps) == 1
        assert kept[-1] - kept[-2] <= gaps.pop()


def test_a_look_back_costs_a_visitor_little(backend: GanBackend) -> None:
    train = events(Stoppable(backend, stop_after=3))["gan_train"]
    run = list(train(steps=5000, batch_size=16, width=8))[-1][5]
    attempts = run.attempts.items()
    assert all(len(png) < 150_000 for _, png in attempts)
    assert Image.open(io.BytesIO(attempts[-1][1])).size == (548, 548)


def test_status_lines_say_where_the_run_is() -> None:
    now = TrainStep(
        step=30,
        steps=100,
        grid=np.zeros((4, 4, 3), np.uint8),
        seconds=65.0,
        seconds_left=151.7,
        images_per_second=1234.0,
    )
    assert progress(now).replace("*", "") == (
        "Step 30 of 100 · 1:05 gone, about 2:32 left · 1,234 pictures a second"
    )
    assert "step 30 of 100" in ending(now, 25)
    assert "from step 25" in ending(now, 25)


def test_trouble_comes_with_what_helps() -> None:
    ill = TrainStep(200, 300, health="The discriminator wins.", advice="Lower its rate.")
    assert "Lower its rate" in health(ill)
    assert "Nothing looks wrong" in health(TrainStep(200, 300))
    assert health(TrainStep(0, 300, measured=False)) == ""


def test_curves_leave_out_what_is_not_finite() -> None:
    points = [TrainStep(1, 9, loss_g=float("nan")), TrainStep(2, 9, loss_g=1.0)]
    figure = curves(points)
    assert "nan" not in figure
    assert figure.count("<svg") == 4
    assert curves([]) == ""


def test_a_chart_escapes_names_and_survives_no_points() -> None:
    drawn = chart("<b>", [Curve("<script>", "#000", [])])
    assert "<script>" not in drawn
    assert "nan" not in chart("flat", [Curve("a", "#000", [(0, 1.0), (1, 1.0)])])


def test_the_critics_opinion_says_where_the_picture_lies() -> None:
    scores = np.linspace(0, 1, 50, dtype=np.float32)
    seen = np.zeros((8, 8, 3), np.uint8)
    assert "would pass" in opinion_view.html(Opinion(0.9, 0.8, 1.0, scores, scores - 2, seen))
    assert "looks generated" in opinion_view.html(Opinion(-1.9, 0.0, 0.1, scores, scores - 2, seen))


def test_the_board_names_who_was_rewarded_and_the_value(backend: GanBackend) -> None:
    *_, turn = backend.turns(1)
    board = game_view.board(turn)
    assert "D is rewarded" in board
    assert "G is rewarded" in board
    assert f"{sum(turn.values[0]):.3f}" in board
    assert "-1.386" in board
