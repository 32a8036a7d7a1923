"""The map of what decided."""

from __future__ import annotations

import numpy as np
import pytest

from plugins.face import dlib_resnet
from plugins.face.encoders import make
from plugins.face.models import BY_NAME
from plugins.face.verification.occlusion import occlusion_steps, overlay


class Centre:
    """Sees only the brightness of the crop's middle third, as one number."""

    def encode(self, crops: np.ndarray) -> np.ndarray:
        third = crops.shape[1] // 3
        middle = crops[:, third:-third, third:-third].astype(np.float32)
        return middle.mean((1, 2, 3))[:, None] / 255


def bright_centre() -> np.ndarray:
    crop = np.zeros((60, 60, 3), np.uint8)
    crop[20:-20, 20:-20] = 255
    return crop


def maps(other: float, **options: int) -> list[np.ndarray]:
    crop = bright_centre()
    own = Centre().encode(crop[None])[0, 0]
    return list(occlusion_steps(Centre(), crop, np.array([other]), abs(own - other), **options))


def test_the_part_that_decides_is_found():
    last = maps(other=1.0)[-1]
    assert last.shape == (60, 60)
    assert last.dtype == np.float32
    assert np.unravel_index(last.argmax(), last.shape) == pytest.approx((30, 30), abs=10)
    assert last[30, 30] > 0
    np.testing.assert_array_equal(last[:5, :5], 0)


def test_what_speaks_against_is_negative():
    assert maps(other=0.0)[-1][30, 30] < 0


@pytest.mark.parametrize("options", [{}, {"patch": 7, "stride": 4}, {"patch": 60}, {"stride": 50}])
def test_the_map_grows_until_nothing_is_missing(options):
    missing = [int(np.isnan(step).sum()) for step in maps(1.0, **options)]
    assert missing == sorted(missing, reverse=True)
    assert missing[-1] == 0


def test_a_real_face_is_recognised_by_its_features(backend, portraits):
    encoder = make(BY_NAME["offline"], dlib_resnet.bundled_file(), "/CPU:0")
    crops = []
    for name in ("anna_1", "anna_2"):
        face = backend.detect([portraits[name]])[0][0]
        crops.append(encoder.align(portraits[name], face))
    one, two = encoder.encode(np.stack(crops))
    distance = float(np.linalg.norm(one - two))
    steps = list(occlusion_steps(encoder, crops[0], two, distance))
    assert 5 <= len(steps) <= 10
    assert np.isnan(steps[0]).any()
    last = steps[-1]
    eyes, corners = last[35:60, 35:115].mean(), np.r_[last[:20, :20], last[-20:, -20:]].mean()
    assert eyes > corners


def test_the_overlay_is_coloured_by_sign_and_grey_where_nothing_is_known():
    changes = np.full((60, 60), np.nan, np.float32)
    changes[:20], changes[40:] = 0.2, -0.1
    crop = np.full((60, 60, 3), (200, 90, 40), np.uint8)
    picture = overlay(crop, changes)
    assert picture.shape == crop.shape
    assert picture.dtype == np.uint8
    for_same, unknown, against = picture[5, 5].astype(int), picture[30, 30], picture[50, 50]
    assert for_same[0] > for_same[2] + 60
    assert len(set(unknown.tolist())) == 1
    assert against[2] > against[0]
    assert (overlay(crop, np.zeros((60, 60))) == picture[30, 30]).all()
