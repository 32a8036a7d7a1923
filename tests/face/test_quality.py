"""The hints that a visitor gets about a picture."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageFilter

from plugins.face.quality import hints, notes
from plugins.face.results import Face

NAMES = [f"{name}_{number}" for name in ("anna", "bruno", "clara") for number in (1, 2)]
FRONT = np.array([[70, 90], [130, 90], [100, 122], [76, 155], [124, 155]], np.float32)


def only(backend, image: np.ndarray) -> Face:
    ((face,),) = backend.detect([image])
    return face


def texture() -> np.ndarray:
    return np.random.default_rng(2).integers(60, 200, (240, 200, 3), dtype=np.uint8)


def seen(landmarks: np.ndarray, confidence: float = 0.99) -> list[str]:
    return hints(texture(), Face((50, 40, 150, 180), landmarks, confidence))


@pytest.mark.parametrize("name", NAMES)
def test_a_good_portrait_gets_no_hint(backend, portraits, name):
    image = portraits[name]
    assert list(notes("first", image, [only(backend, image)], 0)) == []


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        (lambda image: image.filter(ImageFilter.GaussianBlur(6)), "is blurred"),
        (lambda image: image.point(lambda value: value * 0.2), "is dark"),
        (lambda image: image.point(lambda value: 255 - (255 - value) * 0.2), "is overexposed"),
        (lambda image: image.point(lambda value: 127 + (value - 127) * 0.1), "has hardly any"),
    ],
)
def test_a_bad_picture_is_told(backend, portraits, change, hint):
    for name in ("anna_1", "bruno_2"):
        image = portraits[name]
        face = only(backend, image)
        (note,) = notes("second", np.asarray(change(Image.fromarray(image))), [face], 0)
        assert note.startswith("The face in the second picture ")
        assert hint in note
        assert note.endswith("which makes the answer less certain.")


def test_a_small_face_is_told(backend, portraits):
    small = np.asarray(Image.fromarray(portraits["anna_1"]).resize((72, 84)))
    assert "is small" in hints(small, only(backend, small))


def test_how_the_head_is_held_is_told():
    def moved(dx: float, dy: float) -> np.ndarray:
        return FRONT + np.float32([[0, 0], [0, 0], [dx, dy], [0, 0], [0, 0]])

    angle = np.radians(40)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    centre = FRONT.mean(0)
    assert seen(FRONT) == []
    assert seen(moved(25, 0)) == seen(moved(-25, 0)) == ["is turned to the side"]
    assert seen(moved(0, -25)) == seen(moved(0, 25)) == ["looks up or down"]
    assert seen(((FRONT - centre) @ turn + centre).astype(np.float32)) == ["is tilted"]


def test_an_unsure_face_and_impossible_landmarks_are_told():
    assert seen(FRONT, 0.8) == ["is unclear, perhaps covered or drawn"]
    assert seen(np.full((5, 2), 50, np.float32)) == ["is unclear, perhaps covered or drawn"]


def test_several_faces_are_told_and_one_picture_alone_has_no_number():
    face = Face((50, 40, 150, 180), FRONT, 0.99)
    (note,) = notes("first", texture(), [face, face], 0)
    assert "first picture shows 2 faces" in note
    (note,) = notes("", texture(), [Face((50, 40, 90, 80), FRONT, 0.99)], 0)
    assert note == "The face in the picture is small, which makes the answer less certain."
