"""The film of the making: bounded, evenly spaced, from the first picture to the last."""

from __future__ import annotations

import copy
import io

import numpy as np
import pytest
from PIL import Image, ImageSequence

from plugins.style.painting.making import LAST_FRAME, MAX_FRAMES, MAX_SIDE, Making


def grey(value: int, height: int = 40, width: int = 60) -> np.ndarray:
    return np.full((height, width, 3), value, np.uint8)


def frames(making: Making) -> list[np.ndarray]:
    with Image.open(io.BytesIO(making.gif())) as film:
        return [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(film)]


def durations(making: Making) -> list[int]:
    with Image.open(io.BytesIO(making.gif())) as film:
        return [frame.info["duration"] for frame in ImageSequence.Iterator(film)]


def test_every_picture_is_a_frame_while_they_are_few():
    making = Making()
    for value in (10, 90, 170, 250):
        making.add(grey(value))
    assert len(making) == 4
    shades = [frame.mean() for frame in frames(making)]
    assert shades == pytest.approx([10, 90, 170, 250], abs=3)


@pytest.mark.parametrize("count", [MAX_FRAMES - 1, MAX_FRAMES, MAX_FRAMES + 1, 120, 237])
def test_of_many_pictures_evenly_spaced_ones_stay_with_the_first_and_the_last(count):
    making = Making()
    for value in range(count):
        making.add(grey(value + 10))
    shades = [frame.mean() for frame in frames(making)]
    assert MAX_FRAMES // 2 <= len(making) == len(shades) <= MAX_FRAMES
    assert shades[0] == pytest.approx(10, abs=2)
    assert shades[-1] == pytest.approx(count + 9, abs=2)
    gaps = np.diff(shades)[:-1]  # the last may be shorter
    assert gaps.min() > 0 and gaps.max() - gaps.min() < 3


def test_the_finished_picture_stays_and_the_film_plays_for_ever():
    making = Making()
    for value in range(0, 250, 10):
        making.add(grey(value))
    *others, last = durations(making)
    assert last == LAST_FRAME
    assert len(set(others)) == 1 and sum(others) < 6000
    with Image.open(io.BytesIO(making.gif())) as film:
        assert film.info["loop"] == 0


@pytest.mark.parametrize("shape", [(900, 300), (300, 900), (50, 70)])
def test_large_pictures_are_scaled_down_and_keep_their_shape(shape):
    making = Making()
    making.add(grey(50, *shape))
    making.add(grey(150, *shape))
    height, width = frames(making)[-1].shape[:2]
    assert max(height, width) == min(MAX_SIDE, max(shape))
    assert height / width == pytest.approx(shape[0] / shape[1], rel=0.02)


def test_colours_of_the_first_and_of_the_last_picture_are_kept(photo, painting):
    making = Making()
    ends = [np.asarray(Image.fromarray(x).resize((200, 140))) for x in (photo, painting)]
    for part in np.linspace(0, 1, 12):
        making.add(((1 - part) * ends[0] + part * ends[1]).astype(np.uint8))
    shown = frames(making)
    for was, is_ in ((ends[0], shown[0]), (ends[1], shown[-1])):
        blocks = [
            np.asarray(Image.fromarray(x).resize((25, 20), Image.Resampling.BOX), float)
            for x in (was, is_)
        ]
        assert np.abs(blocks[0] - blocks[1]).mean() < 6


def test_a_film_of_noise_weighs_a_few_megabytes():
    rng, making = np.random.default_rng(0), Making()
    for _ in range(MAX_FRAMES - 1):
        making.add(np.clip(rng.normal(128, 40, (266, 400, 3)), 0, 255).astype(np.uint8))
    assert len(making.gif()) < 6_000_000


def test_a_film_of_one_picture_and_of_none():
    making = Making()
    assert len(making) == 0
    with pytest.raises(ValueError, match="no picture"):
        making.gif()
    making.add(grey(77))
    assert len(making) == 1
    (frame,) = frames(making)
    assert frame.mean() == pytest.approx(77, abs=2)


@pytest.mark.parametrize(
    "wrong", [grey(1)[..., 0], grey(1).astype(float), grey(1, 20, 20), grey(1)[:0]]
)
def test_what_is_no_picture_of_the_film_is_refused(wrong):
    making = Making()
    making.add(grey(1))
    with pytest.raises(ValueError):
        making.add(wrong)
    assert len(making) == 1


def test_it_can_be_copied_and_compared_as_a_session_does():
    making = Making()
    making.add(grey(9))
    twin = copy.deepcopy(making)
    twin.add(grey(99))
    assert (len(making), len(twin)) == (1, 2)
    assert making == making and making != twin
    hash(making)
