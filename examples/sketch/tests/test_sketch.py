"""What a visitor of the Sketch tab gets."""

from __future__ import annotations

import time

import numpy as np
import pytest
from triptych_sketch.backend import SketchBackend
from triptych_sketch.manners import MANNERS

from host import UserError
from host.testing import backend_context


@pytest.fixture
def backend(tmp_path):
    return SketchBackend(backend_context("sketch", tmp_path))


@pytest.fixture(scope="module")
def ball():
    """A shaded ball on white, RGB uint8 (200, 300, 3)."""
    y, x = np.mgrid[-1:1:200j, -1.5:1.5:300j]
    height = np.sqrt(np.clip(0.64 - x**2 - y**2, 0, None))
    light = np.where(height > 0, np.clip(0.1 + height - 0.5 * x - 0.5 * y, 0, 1), 1.0)
    return np.repeat((255 * light)[..., None], 3, axis=2).astype(np.uint8)


def last(frames):
    *_, frame = frames
    return frame


@pytest.mark.parametrize("manner", MANNERS)
def test_a_drawing_is_dark_where_the_photo_is_and_leaves_the_paper(manner, backend, ball):
    drawn = last(backend.draw(ball, manner, 300, 1)).picture
    assert drawn.shape == (200, 300, 3)
    assert drawn.dtype == np.uint8
    grey, photo = drawn.mean(2), ball.mean(2)
    assert grey[photo < 80].mean() < 0.6 * grey[photo > 250].mean()
    assert np.ptp(grey[:20, :20]) < 40  # a corner of bare paper


def test_the_manners_look_different(backend, ball):
    drawn = [last(backend.draw(ball, manner, 300, 1)).picture for manner in MANNERS]
    for number, one in enumerate(drawn):
        for other in drawn[:number]:
            assert np.abs(one.astype(int) - other).mean() > 2


def test_coloured_pencils_take_the_photos_colours(backend, ball):
    red = ball.copy()
    red[..., 1:] //= 3
    drawn = last(backend.draw(red, "colours", 300, 1)).picture
    part = drawn[80:160, 120:200].reshape(-1, 3).mean(0)
    assert part[0] > part[1] + 15


def test_the_same_seed_gives_the_same_drawing_and_another_another(backend, ball):
    first, again, other = (
        last(backend.draw(ball, "pencil", 300, seed)).picture for seed in (5, 5, 6)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_it_streams_from_an_empty_sheet_to_the_end(backend, ball):
    frames = list(backend.draw(ball, "ink", 600, 0))
    assert len(frames) > 10
    shares = [frame.share for frame in frames]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert frames[0].strokes == 0 < frames[-1].strokes
    assert frames[0].picture.mean() > frames[-1].picture.mean()


def test_it_stops_at_once_when_its_stream_is_closed(backend, ball):
    stream = backend.draw(ball, "pencil", 1600, 0)
    next(stream), next(stream)
    began = time.monotonic()
    stream.close()
    assert time.monotonic() - began < 1
    assert list(stream) == []


def test_outlines_are_where_the_edges_are(backend, ball):
    lines = backend.outline(ball)
    assert lines.shape == (600, 900, 3)
    rows = lines[:, 450].mean(1)
    edge = 300 - 0.8 * 300  # of the ball, seen from its middle upwards
    assert rows[int(edge) - 15 : int(edge) + 15].min() < 128
    assert rows[:20].min() > 240


@pytest.mark.parametrize(
    "photo", [np.full((8, 500, 3), 255, np.uint8), np.zeros((300, 300, 3), np.uint8)]
)
def test_flat_and_narrow_photos_are_drawn_too(photo, backend):
    assert last(backend.draw(photo, "pencil", 300, 0)).share == 1.0
    assert backend.outline(photo).dtype == np.uint8


def test_what_cannot_be_drawn_is_told_in_a_sentence(backend, ball):
    for wrong, sentence in (
        ({"manner": "oil"}, "no manner 'oil'.*pencil, charcoal"),
        ({"long_side": 5000}, "300 to 1600"),
        ({"seed": -1}, "whole number from 0"),
    ):
        with pytest.raises(UserError, match=sentence):
            next(backend.draw(ball, **wrong))
    with pytest.raises(UserError, match="too small"):
        backend.outline(ball[:4])
