"""A painting that is left, changed and gone on with, over the real backend; and drawn masks."""

from __future__ import annotations

import dataclasses
import inspect
import itertools
from collections.abc import Iterator
from types import SimpleNamespace

import numpy as np
import pytest

from host import UserError
from host.executors.call import CallCancelled
from plugins.style import transfer as transfer_module
from plugins.style.backend import StyleBackend
from plugins.style.painting.drawn_masks import BRUSHES, drawn_masks
from plugins.style.painting.painting import MORE, Painting
from plugins.style.results import TransferStep
from plugins.style.settings import STEPS, Settings

SETTINGS = Settings(size=128, steps=20)


@pytest.fixture
def begun(small_photo, painting) -> Painting:
    return Painting(small_photo, [painting], [None], SETTINGS)


@pytest.fixture
def clock(monkeypatch):
    """A tenth of a second for each step, so that every fourth or fifth shows a picture."""
    ticks = itertools.count()
    fake = SimpleNamespace(monotonic=lambda: next(ticks) / 10)
    monkeypatch.setattr(transfer_module, "time", fake)


def numbers(steps: list[TransferStep]) -> list[int]:
    return [step.step for step in steps]


def painted_to(painting: Painting, backend: object, step: int) -> Iterator[TransferStep]:
    """The stream, after it has yielded this step."""
    stream = painting.paint(backend)
    while next(stream).step < step:
        pass
    return stream


# --- from the beginning to the end ----------------------------------------------------------


def test_a_painting_keeps_its_picture_its_losses_and_its_making(begun, backend, every_step_shows):
    steps = list(begun.paint(backend))
    assert numbers(steps) == list(range(21))
    assert begun.finished and begun.done == 20 and begun.last is steps[-1]
    np.testing.assert_array_equal(begun.picture, steps[-1].image)
    assert begun.seconds == steps[-1].elapsed > 0
    assert len(begun.making) == 21
    assert begun.making.gif()[:6] in (b"GIF87a", b"GIF89a")
    parts = {"total", "content", "style", "smoothness"}
    assert {(step, name) for step, name, _ in begun.losses} == {
        (step, name) for step in range(1, 21) for name in parts
    }
    layers = steps[-1].losses.layers
    assert [value for step, _, value in begun.layers if step == 20] == list(layers.values())
    assert len(begun.layers) == 20 * len(layers)


def test_before_it_begins_there_is_nothing(begun):
    assert not begun.finished and begun.picture is None and begun.done == 0
    assert len(begun.making) == 0


def test_only_steps_with_a_picture_are_done(begun, backend, clock):
    """The losses of a step without a picture are seen, but what can be gone on from is older."""
    stream = begun.paint(backend)
    for step in itertools.islice(stream, 15):
        assert begun.done <= step.step
        if step.image is not None:
            assert begun.done == step.step
            np.testing.assert_array_equal(begun.picture, step.image)
    assert 0 < begun.done < 14 or begun.last.image is not None
    stream.close()


def test_what_the_backend_refuses_is_told_and_leaves_nothing(painting, backend):
    nothing = Painting(None, [painting], [None], SETTINGS)
    with pytest.raises(UserError, match="choose a photo"):
        list(nothing.paint(backend))
    assert nothing.picture is None and nothing.done == 0 and not nothing.finished


# --- other settings while it runs -----------------------------------------------------------


def test_new_settings_take_over_from_the_picture_as_it_is(begun, backend, every_step_shows):
    stream = painted_to(begun, backend, 8)
    picture = begun.picture
    begun.settings = dataclasses.replace(SETTINGS, style_weight=0.0, content_weight=3.0)
    later = list(stream)
    assert numbers(later) == list(range(8, 21)), "the new stream begins where the old one ended"
    np.testing.assert_array_equal(later[0].image, picture)
    assert later[0].losses is None
    assert all(step.losses.style == 0 for step in later[1:])
    assert {step for step, _, _ in begun.losses} == set(range(1, 21)), "each step has its losses"
    assert begun.finished and begun.done == 20


def test_the_new_weights_are_those_that_count(small_photo, painting, backend, every_step_shows):
    def missed(weight: float) -> float:
        mine = Painting(
            small_photo, [painting], [None], dataclasses.replace(SETTINGS, steps=40, start="photo")
        )
        stream = painted_to(mine, backend, 10)
        mine.settings = dataclasses.replace(mine.settings, content_weight=weight)
        end = list(stream)[-1]
        return np.abs(end.image.astype(float) - mine_photo).mean()

    mine_photo = next(
        backend.transfer(small_photo, painting, dataclasses.replace(SETTINGS, start="photo"))
    ).image.astype(float)
    assert missed(10.0) < 0.8 * missed(0.0)


def test_no_step_is_lost_or_done_twice_between_two_pictures(begun, backend, clock):
    """Most steps have no picture: the change waits for the next that has one."""
    begun.settings = dataclasses.replace(SETTINGS, steps=40)
    stream = painted_to(begun, backend, 6)
    begun.settings = dataclasses.replace(begun.settings, style_weight=0.0)
    later = list(stream)
    first = next(i for i, step in enumerate(later) if step.losses is None)
    assert later[first - 1].image is not None and later[first].step == later[first - 1].step
    assert numbers(later[:first]) == list(range(7, later[first].step + 1))
    assert numbers(later[first:]) == list(range(later[first].step, 41))
    assert all(step.losses.style > 0 for step in later[:first])
    assert all(step.losses.style == 0 for step in later[first + 1 :])


def test_several_changes_one_after_the_other(begun, backend, every_step_shows):
    stream = begun.paint(backend)
    seen = []
    for step in stream:
        seen.append(step)
        if step.losses is not None and step.step in (4, 5, 9):
            begun.settings = dataclasses.replace(begun.settings, smoothness=float(step.step))
    assert sorted(set(numbers(seen))) == list(range(21)) and numbers(seen) == sorted(numbers(seen))
    assert sum(step.losses is None for step in seen) == 4, "the start and three changes"
    assert begun.finished


def test_the_time_of_all_parts_is_added_up(begun, backend, clock, every_step_shows):
    stream = painted_to(begun, backend, 10)
    before = begun.seconds
    begun.settings = dataclasses.replace(SETTINGS, smoothness=2.0)
    list(stream)
    assert before == pytest.approx(1.0) and begun.seconds == pytest.approx(2.0)


def test_more_steps_asked_for_just_before_the_end_are_done(begun, backend, clock):
    stream = painted_to(begun, backend, 19)
    begun.settings = dataclasses.replace(SETTINGS, steps=30)
    later = list(stream)
    assert begun.done == 30 and begun.finished
    assert sorted(set(numbers(later))) == list(range(20, 31))


def test_fewer_steps_than_are_done_meanwhile_end_it_without_an_error(begun, backend, clock):
    """Between asking and the next picture more steps were done than are asked for now."""
    begun.settings = dataclasses.replace(SETTINGS, steps=60)
    stream = painted_to(begun, backend, 10)
    assert begun.done < 10
    begun.settings = dataclasses.replace(SETTINGS, steps=10)
    list(stream)
    assert begun.picture is not None and begun.done >= 10


def test_a_change_does_not_give_the_time_limit_anew(begun, backend, clock, every_step_shows):
    begun.settings = dataclasses.replace(SETTINGS, steps=600, seconds=2.0)
    for step in begun.paint(backend):
        if step.losses is not None and step.step in (5, 10):
            begun.settings = dataclasses.replace(begun.settings, smoothness=float(step.step))
    assert begun.finished and begun.done < 600
    assert begun.seconds == pytest.approx(2.0, abs=0.5)


# --- going on -------------------------------------------------------------------------------


def test_there_is_no_going_on_while_it_is_painted(begun, backend):
    stream = painted_to(begun, backend, 3)
    with pytest.raises(UserError, match="press Pause first"):
        begun.go_on(SETTINGS)
    stream.close()
    begun.go_on(SETTINGS)


def test_there_is_no_going_on_for_ever(begun):
    begun.done = STEPS[1]
    with pytest.raises(UserError, match="2,000 steps"):
        begun.go_on(SETTINGS)
    begun.done = STEPS[1] - 5
    begun.go_on(dataclasses.replace(SETTINGS, steps=10))
    assert begun.settings.steps == STEPS[1]


def test_steps_that_showed_no_picture_are_told_once(begun, backend, clock):
    stream = painted_to(begun, backend, 7)
    assert begun.done < 7
    stream.close()
    assert begun.last.step == begun.done, "what is told is what the picture has behind it"
    list(begun.paint(backend))
    steps = [step for step, curve, _ in begun.losses if curve == "total"]
    assert steps == list(range(1, 21))


def test_going_on_after_the_end_adds_steps_to_the_same_picture(begun, backend, every_step_shows):
    end = list(begun.paint(backend))[-1]
    seconds = begun.seconds
    begun.go_on(SETTINGS)
    more = list(begun.paint(backend))
    assert numbers(more) == list(range(20, 20 + MORE + 1))
    assert {step.steps for step in more} == {20 + MORE}
    np.testing.assert_array_equal(more[0].image, end.image)
    assert more[-1].losses.total < end.losses.total
    assert begun.finished and begun.done == 80 and begun.seconds > seconds
    assert {step for step, _, _ in begun.losses} == set(range(1, 81))
    begun.go_on(dataclasses.replace(SETTINGS, steps=200))
    assert begun.settings.steps == 80 + MORE, "a finished painting gets so many, whatever is asked"


def test_going_on_before_the_end_keeps_the_steps_that_were_asked_for(begun, backend):
    stream = painted_to(begun, backend, 5)
    stream.close()
    begun.go_on(dataclasses.replace(SETTINGS, steps=30))
    assert begun.settings.steps == 30


def test_going_on_with_no_more_steps_than_are_done_adds_some(begun, backend, every_step_shows):
    painted_to(begun, backend, 12).close()
    begun.go_on(dataclasses.replace(SETTINGS, steps=10))
    assert begun.settings.steps == 12 + MORE


def test_going_on_after_the_time_is_up_adds_steps_to_those_done(begun, backend, clock):
    begun.settings = dataclasses.replace(SETTINGS, steps=500, seconds=1.0)
    list(begun.paint(backend))
    done = begun.done
    assert begun.finished and 5 < done < 20
    begun.go_on(dataclasses.replace(begun.settings, seconds=0.0))
    assert begun.settings.steps == done + MORE
    assert next(begun.paint(backend)).step == done


# --- cancelling -----------------------------------------------------------------------------


class Recorded:
    """The backend, its streams kept and each ended after some steps, as a cancelled one is."""

    def __init__(self, backend: StyleBackend, steps: int | None = None) -> None:
        self.backend, self.steps, self.streams = backend, steps, []

    def transfer(self, *args: object) -> Iterator[TransferStep]:
        self.streams.append(self._stream(*args))
        return self.streams[-1]

    def _stream(self, *args: object) -> Iterator[TransferStep]:
        yield from itertools.islice(self.backend.transfer(*args), self.steps)


def test_closing_stops_the_backend_and_keeps_the_picture(begun, backend, every_step_shows):
    recorded = Recorded(backend)
    stream = painted_to(begun, recorded, 7)
    stream.close()
    assert [inspect.getgeneratorstate(each) for each in recorded.streams] == ["GEN_CLOSED"]
    assert begun.done == 7 and not begun.finished and begun.picture.shape == (85, 128, 3)
    picture = begun.picture
    more = list(begun.paint(backend))
    np.testing.assert_array_equal(more[0].image, picture)
    assert numbers(more) == list(range(7, 21)) and begun.finished


def test_a_change_closes_the_stream_before(begun, backend, every_step_shows):
    recorded = Recorded(backend)
    stream = painted_to(begun, recorded, 5)
    begun.settings = dataclasses.replace(SETTINGS, smoothness=0.0)
    next(stream), next(stream)
    states = [inspect.getgeneratorstate(each) for each in recorded.streams]
    assert states == ["GEN_CLOSED", "GEN_SUSPENDED"]
    stream.close()


@pytest.mark.parametrize("steps", [0, 1, 6])
def test_a_cancelled_stream_ends_the_painting_early_with_what_there_is(
    begun, backend, every_step_shows, steps
):
    assert len(list(begun.paint(Recorded(backend, steps)))) == steps
    assert not begun.finished and (begun.picture is None) == (steps == 0)
    assert begun.done == max(0, steps - 1) and len(begun.making) == steps


def test_a_pause_counts_when_a_change_has_come_just_before(begun, backend, every_step_shows):
    recorded = Recorded(backend)
    stream = painted_to(begun, recorded, 5)
    begun.settings = dataclasses.replace(SETTINGS, smoothness=0.0)
    begun.pause()
    assert list(stream) == [] and len(recorded.streams) == 1
    assert begun.done == 5 and not begun.finished and not begun.running
    assert numbers(list(begun.paint(backend)))[-1] == 20  # Go on


def test_a_pause_counts_while_the_next_call_begins(begun, backend, every_step_shows):
    """Then there is no call yet that could be cancelled."""

    class Pausing(Recorded):
        def transfer(self, *args: object) -> Iterator[TransferStep]:
            if self.streams:
                begun.pause()
            return super().transfer(*args)

    pausing = Pausing(backend)
    stream = painted_to(begun, pausing, 5)
    begun.settings = dataclasses.replace(SETTINGS, smoothness=0.0)
    assert list(stream) == [] and begun.done == 5
    assert [inspect.getgeneratorstate(each) for each in pausing.streams] == ["GEN_CLOSED"] * 2


def test_a_call_that_was_cancelled_while_it_waited_is_an_end_and_no_error(begun):
    class Waiting:
        def transfer(self, *_: object) -> Iterator[TransferStep]:
            raise CallCancelled("Stopped before it began.")

    assert list(begun.paint(Waiting())) == [] and begun.picture is None


# --- masks ----------------------------------------------------------------------------------

SECOND, THIRD = ((239, 68, 68), (59, 130, 246))
EMPTY = np.zeros((30, 40, 4), np.uint8)


def stroke(colour: tuple[int, int, int], rows: slice, opacity: int = 255) -> np.ndarray:
    layer = EMPTY.copy()
    layer[rows] = (*colour, opacity)
    return layer


def drawing(*layers: np.ndarray) -> dict[str, object]:
    return {"background": None, "layers": list(layers), "composite": None}


def rows(mask: np.ndarray | None) -> list[int]:
    assert mask is not None and mask.dtype == bool and mask.shape == (30, 40)
    return np.flatnonzero(mask.all(1)).tolist()


def test_the_brushes_are_red_and_blue():
    assert [tuple(bytes.fromhex(colour[1:])) for colour in BRUSHES] == [SECOND, THIRD]


@pytest.mark.parametrize(
    "nothing", [None, {}, {"layers": None}, drawing(), drawing(EMPTY), drawing(EMPTY[..., :3])]
)
def test_without_a_drawing_no_painting_has_a_mask(nothing):
    assert drawn_masks(nothing, 3) == [None, None, None]


def test_each_colour_is_the_mask_of_its_painting_and_the_first_has_none():
    first, second, third = drawn_masks(drawing(stroke(SECOND, np.s_[3:6])), 3)
    assert first is None and third is None and rows(second) == [3, 4, 5]
    assert second.sum() == 3 * 40
    both = stroke(SECOND, np.s_[:4]) + stroke(THIRD, np.s_[20:22])
    first, second, third = drawn_masks(drawing(both), 3)
    assert first is None and rows(second) == [0, 1, 2, 3] and rows(third) == [20, 21]


def test_layers_add_up():
    layers = [stroke(SECOND, np.s_[2:4]), stroke(THIRD, np.s_[9:10]), stroke(SECOND, np.s_[3:7])]
    _, second, third = drawn_masks(drawing(*layers), 3)
    assert rows(second) == [2, 3, 4, 5, 6] and rows(third) == [9]


def test_the_nearest_brush_counts_and_a_faint_rim_does_not():
    _, second, third = drawn_masks(drawing(stroke((200, 90, 80), np.s_[4:5])), 3)
    assert rows(second) == [4] and third is None
    assert drawn_masks(drawing(stroke(SECOND, np.s_[4:5], opacity=40)), 2) == [None, None]
    _, second = drawn_masks(drawing(stroke(SECOND, np.s_[4:5], opacity=150)), 2)
    assert rows(second) == [4]


def test_what_is_drawn_for_a_painting_that_is_not_there_is_left_out():
    blue = drawing(stroke(THIRD, np.s_[1:9]))
    assert drawn_masks(blue, 2) == [None, None]
    assert drawn_masks(blue, 1) == [None]


def test_what_was_drawn_is_painted_there(small_photo, backend):
    rng = np.random.default_rng(0)
    red, blue = (
        np.clip(np.array(colour) + rng.normal(0, 12, (64, 96, 1)), 0, 255).astype(np.uint8)
        for colour in ((190, 60, 50), (50, 70, 180))
    )
    masks = drawn_masks(drawing(stroke(SECOND, np.s_[15:])), 2)
    mine = Painting(small_photo, [red, blue], masks, dataclasses.replace(SETTINGS, start="colours"))
    picture = list(mine.paint(backend))[-1].image.astype(float)
    top, bottom = ((part[..., 0] - part[..., 2]).mean() for part in (picture[:36], picture[49:]))
    assert top > 40 and bottom < -40


def test_layers_of_several_sizes_are_put_together_and_large_ones_made_smaller():
    small, large = stroke(SECOND, np.s_[0:2]), np.zeros((3000, 1500, 4), np.uint8)
    large[1500:] = (*SECOND, 255)
    _, mask = drawn_masks(drawing(small, large), 2)
    assert mask.shape == small.shape[:2] and mask[-1].all() and mask[0].any()
    _, mask = drawn_masks(drawing(large), 2)
    assert mask.shape == (1024, 512) and not mask[:512].any() and mask[512:].all()
