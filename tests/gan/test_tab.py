from __future__ import annotations

import io
from collections.abc import Iterator

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from host import UserError
from plugins.gan import tab
from plugins.gan.backend import GanBackend
from plugins.gan.generate_tab import save_gif
from plugins.gan.history import Evenly
from plugins.gan.results import TrainStep
from plugins.gan.train_tab import ending, look_back, objective_text, progress


class Stoppable:
    """The backend in this process, ending a stream after ``stop_after`` items as Stop does."""

    def __init__(self, backend: GanBackend, stop_after: int | None = None) -> None:
        self.generate, self.walk = backend.generate, backend.walk
        self._backend = backend
        self._stop_after = stop_after

    def train(self, *arguments: float) -> Iterator[TrainStep]:
        for number, step in enumerate(self._backend.train(*arguments)):
            if number == self._stop_after:
                return
            yield step

    def cancel(self) -> None: ...


def events(backend: Stoppable) -> dict[str, object]:
    with gr.Blocks() as page:
        tab.build(backend)
    return {
        fn.api_name: fn.fn
        for fn in page.fns.values()
        if isinstance(fn.api_name, str) and fn.api_visibility == "public"
    }


def test_its_events_have_their_published_names(backend: GanBackend) -> None:
    public = events(Stoppable(backend))
    assert set(public) == {"gan_generate", "gan_walk", "gan_train"}
    assert all(fn.__name__ == name and fn.__doc__ for name, fn in public.items())


def test_generate_shows_what_was_asked_for(backend: GanBackend) -> None:
    generate = events(Stoppable(backend))["gan_generate"]
    np.testing.assert_array_equal(
        generate("42", 7.0, 3.0, 1.5),  # Gradio's numbers may be floats
        backend.generate("42", 7, 3, 1.5),
    )


def test_walk_gives_an_animation_that_plays_there_and_back(backend: GanBackend) -> None:
    stream = events(Stoppable(backend))["gan_walk"]("1", 0, "7", 1, 10)
    strip, path = next(stream)
    with Image.open(path) as film:
        assert (film.format, film.n_frames) == ("GIF", 18)
    assert strip.shape[1] > strip.shape[0]


def test_gif_frames_are_in_order(tmp_path) -> None:
    frames = np.stack([np.full((4, 4, 3), level, np.uint8) for level in (0, 100, 200)])
    save_gif(frames, tmp_path / "a.gif")
    with Image.open(tmp_path / "a.gif") as film:
        levels = []
        for number in range(film.n_frames):
            film.seek(number)
            levels.append(film.convert("L").getpixel((0, 0)))
    assert levels == [0, 100, 200, 100]


def test_training_streams_to_its_end_and_can_be_looked_back_at(backend: GanBackend) -> None:
    train = events(Stoppable(backend))["gan_train"]
    shown = list(train(40, 16, 1e-3, 1e-3, 8, 0.1, 0))
    status, grid, scores, losses, objective, attempts, _, past = shown[-1]
    assert "Done" in status
    assert "40 steps" in status
    np.testing.assert_array_equal(grid, past)
    assert [attempts[0][0], attempts[-1][0]] == [0, 40]
    assert scores["score"].between(0, 1).all()
    assert np.isfinite(losses["loss"]).all()
    assert "Goodfellow" in objective
    first, slider = look_back(attempts, 0)
    assert "step 0" in slider.label
    np.testing.assert_array_equal(first, shown[0][1])
    np.testing.assert_array_equal(look_back(attempts, len(attempts) - 1)[0], grid)


def test_stopping_keeps_the_last_samples(backend: GanBackend) -> None:
    train = events(Stoppable(backend, stop_after=2))["gan_train"]
    shown = list(train(5000, 16, 1e-3, 1e-3, 8, 0.1, 0))
    assert "Stopped" in shown[-1][0]
    np.testing.assert_array_equal(shown[-1][1], shown[-2][1])
    assert shown[-1][5]


def test_stopping_before_the_first_step_is_a_sentence(backend: GanBackend) -> None:
    train = events(Stoppable(backend, stop_after=0))["gan_train"]
    with pytest.raises(UserError, match=r"^Stopped before the first step\.$"):
        next(train(5000, 16, 1e-3, 1e-3, 8, 0.1, 0))


def test_looking_back_before_any_run_shows_nothing() -> None:
    assert look_back([], 0)[0] is None


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
    attempts = list(train(5000, 16, 1e-3, 1e-3, 8, 0.1, 0))[-1][5]
    assert all(len(png) < 150_000 for _, png in attempts)
    assert Image.open(io.BytesIO(attempts[-1][1])).size == (548, 548)


def test_status_lines_say_where_the_run_is() -> None:
    grid = np.zeros((4, 4, 3), np.uint8)
    now = TrainStep(30, 100, grid, 0.7, 1.4, 0.5, 0.5, 1.0, 2.0, 65.0, 151.7, 1234.0)
    assert progress(now).replace("*", "") == (
        "Step 30 of 100 · 1:05 gone, about 2:32 left · 1,234 pictures a second"
    )
    assert "step 30 of 100" in ending(now)
    assert "1.400" in objective_text(now, r1=0.1)
    assert "0.700" in objective_text(now, r1=0.1)


def test_the_r1_penalty_is_named_when_it_is_paid(backend: GanBackend) -> None:
    train = events(Stoppable(backend))["gan_train"]
    for r1, named in ((0.1, True), (0, False)):
        *_, last = train(2, 16, 1e-3, 1e-3, 8, r1, 0)
        assert ("R1" in last[4]) == named
