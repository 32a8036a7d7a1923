"""Similarity transforms and crops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.face.alignment import DLIB_TEMPLATE, align_by_box, align_by_landmarks, similarity, warp


def transform(angle: float, scale: float, x: float, y: float) -> np.ndarray:
    c, s = scale * np.cos(angle), scale * np.sin(angle)
    return np.array([[c, -s, x], [s, c, y]])


@given(
    st.floats(-3.1, 3.1),
    st.floats(0.05, 20),
    st.floats(-1000, 1000),
    st.floats(-1000, 1000),
    st.integers(0, 2**32 - 1),
)
def test_a_similarity_is_recovered(angle, scale, x, y, seed):
    points = np.random.default_rng(seed).uniform(0, 100, (5, 2))
    matrix = transform(angle, scale, x, y)
    moved = points @ matrix[:, :2].T + matrix[:, 2]
    np.testing.assert_allclose(similarity(points, moved), matrix, atol=1e-6 * (1 + scale * 100))


def test_mirrored_points_do_not_give_a_mirror_image():
    mirrored = DLIB_TEMPLATE * [-1, 1]
    assert np.linalg.det(similarity(mirrored, DLIB_TEMPLATE)[:, :2]) > 0


def test_the_fit_is_the_best_one():
    rng = np.random.default_rng(5)
    source, target = rng.normal(size=(5, 2)), rng.normal(size=(5, 2))

    def error(matrix):
        return ((source @ matrix[:, :2].T + matrix[:, 2] - target) ** 2).sum()

    best = similarity(source, target)
    scale, angle = np.hypot(*best[:, 0]), np.arctan2(best[1, 0], best[0, 0])
    for d in np.eye(4) * 1e-3:
        for sign in (1, -1):
            step = sign * d
            nearby = transform(angle + step[0], scale + step[1], *(best[:, 2] + step[2:]))
            assert error(best) <= error(nearby)


def test_coinciding_points_are_an_error():
    with pytest.raises(ValueError, match="coincide"):
        similarity(np.ones((5, 2)), DLIB_TEMPLATE)


def test_the_identity_copies_and_the_outside_is_black():
    image = np.random.default_rng(0).integers(1, 256, (40, 30, 3), dtype=np.uint8)
    crop = warp(image, np.array([[1.0, 0, 0], [0, 1.0, 0]]), 50)
    np.testing.assert_array_equal(crop[:40, :30], image)
    assert crop[41:].max() == 0


def test_a_large_face_is_averaged_and_not_sampled():
    stripes = np.zeros((1000, 1000, 3), np.uint8)
    stripes[:, ::2] = 255
    crop = warp(stripes, np.array([[0.1, 0, 0], [0, 0.1, 0]]), 100)
    assert np.abs(crop[5:-5, 5:-5].astype(int) - 127).max() < 20


@given(st.floats(-0.6, 0.6), st.floats(0.8, 6.0), st.floats(-300, 600), st.floats(-300, 600))
@settings(max_examples=30, deadline=None)
def test_any_place_of_the_crop_yields_a_crop(angle, scale, x, y):
    image = np.full((200, 300, 3), 90, np.uint8)
    landmarks = (DLIB_TEMPLATE * 100) @ transform(angle, scale, 0, 0)[:, :2].T + [x, y]
    crop = align_by_landmarks(image, landmarks, 150)
    assert crop.shape == (150, 150, 3)
    assert crop.dtype == np.uint8


def test_landmarks_land_on_the_template(portraits, backend):
    image = portraits["bruno_2"]
    ((face,),) = backend.detect([image])
    crop = align_by_landmarks(image, face.landmarks, 150)
    (again,) = backend.detect([np.pad(crop, ((50,) * 2,) * 2 + ((0, 0),))])
    np.testing.assert_allclose((again[0].landmarks - 50) / 150, DLIB_TEMPLATE, atol=0.08)


def test_a_box_is_widened_and_stretched():
    image = np.zeros((100, 100, 3), np.uint8)
    image[20:60, 30:50] = 255
    crop = align_by_box(image, (30, 20, 50, 60), 160, 0.15)
    inner = 160 * 0.15 / 1.3
    white = np.argwhere(crop[..., 0] > 127)
    np.testing.assert_allclose(white.min(0), [inner, inner], atol=2.5)
    np.testing.assert_allclose(white.max(0), [160 - inner, 160 - inner], atol=4)
