"""Finding faces in pictures of every size and position."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import sklearn
from PIL import Image

from host import images
from plugins.face.detector import SURE, Detector


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector()


@pytest.fixture(scope="module")
def landscapes() -> list[np.ndarray]:
    """A palace with gardens, and a flower: scikit-learn brings both."""
    folder = Path(sklearn.__file__).parent / "datasets" / "images"
    return [images.load(folder / name) for name in ("china.jpg", "flower.jpg")]


def textures() -> list[np.ndarray]:
    y, x = np.mgrid[0:300, 0:400]
    noise = np.random.default_rng(5).integers(0, 256, (300, 400, 3), dtype=np.uint8)
    grey = np.stack(
        [
            127 + 100 * np.sin(x / 7) * np.sin(y / 7),
            255.0 * ((x // 20 + y // 20) % 2),
            127 + 120 * np.sin(np.hypot(x - 200, y - 150) / 9),
            x * 255 / 400,
        ]
    )
    smooth = np.asarray(Image.fromarray(noise).reduce(16).resize((400, 300)))
    return [noise, smooth, *np.repeat(grey[..., None], 3, axis=3).astype(np.uint8)]


def test_twenty_faces_of_a_group_photo_are_found(detector, portraits, landscapes):
    photo = Image.fromarray(landscapes[0]).resize((4000, 3000))
    people = [portraits[f"{name}_1"] for name in ("anna", "bruno", "clara")]
    middles = []
    for index in range(20):
        row, column = divmod(index, 5)
        person = Image.fromarray(people[index % 3]).resize((257, 300))
        at = (400 + 700 * column, 150 + 720 * row)
        photo.paste(person, at)
        middles.append((at[0] + 128, at[1] + 150))
    faces = detector.detect(np.asarray(photo))
    for x, y in middles:
        assert sum(_holds(face.box, x, y) for face in faces) == 1
    assert len(faces) == 20


def _holds(box: tuple[float, float, float, float], x: float, y: float) -> bool:
    left, top, right, bottom = box
    return left < x < right and top < y < bottom


@pytest.mark.parametrize("name", ["anna_1", "bruno_1", "clara_1"])  # the latter two are unsure
def test_an_upright_picture_comes_back_as_it_is(detector, portraits, name):
    image = portraits[name]
    picture, faces, turned = detector.detect_upright(image)
    assert picture is image
    assert turned == 0
    np.testing.assert_array_equal(faces[0].landmarks, detector.detect(image)[0].landmarks)


@pytest.mark.parametrize("name", ["anna_1", "clara_2"])
@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_turned_picture_is_turned_back(detector, portraits, name, degrees):
    upright = portraits[name]
    lying = np.rot90(upright, -degrees // 90)
    picture, faces, turned = detector.detect_upright(lying)
    assert turned == degrees
    np.testing.assert_array_equal(picture, upright)
    (face,) = faces
    assert face.confidence >= SURE
    left_eye, right_eye, _, *mouth = face.landmarks
    assert left_eye[0] < right_eye[0]
    assert max(left_eye[1], right_eye[1]) < min(corner[1] for corner in mouth)


def test_turning_finds_no_faces_where_there_are_none(detector, landscapes):
    for image in [*landscapes, *textures()]:
        picture, faces, turned = detector.detect_upright(image)
        assert picture is image
        assert turned == 0
        assert faces == []


@pytest.mark.parametrize("shape", [(1, 1), (5, 3000), (3000, 5), (30, 30)])
def test_tiny_and_thin_pictures_are_searched(detector, shape):
    image = np.zeros((*shape, 3), np.uint8)
    assert detector.detect_upright(image)[1:] == ([], 0)
