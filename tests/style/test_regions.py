"""Several paintings: blended by their shares, or each where its mask was drawn."""

from __future__ import annotations

import numpy as np
import pytest

from host import UserError
from plugins.style.pictures import fitted


def plain(*colour: int, height: int = 64, width: int = 96) -> np.ndarray:
    """A canvas of one colour with some grain, as a painting has."""
    rng = np.random.default_rng(sum(colour))
    grain = rng.normal(0, 12, (height, width, 1))
    return np.clip(np.array(colour) + grain, 0, 255).astype(np.uint8)


RED, BLUE = plain(190, 60, 50), plain(50, 70, 180)


def redness(picture: np.ndarray) -> float:
    return float(picture[..., 0].mean()) - float(picture[..., 2].mean())


def test_shares_move_the_result_between_two_paintings(paint, small_photo):
    options = {"steps": 20, "start": "photo", "content_weight": 0.2}
    shades = [
        redness(paint(small_photo, [RED, BLUE], shares=shares, **options).image)
        for shares in ((1, 0), (2, 1), (1, 2), (0, 1))
    ]
    assert shades == sorted(shades, reverse=True)
    assert shades[0] - shades[-1] > 60
    gaps = -np.diff(shades)
    assert gaps.min() > 0.1 * gaps.sum(), "those between are between"


def test_one_painting_may_come_alone_or_in_a_list(paint, small_photo, painting):
    alone, listed, twice = (
        paint(small_photo, styles).image for styles in (painting, [painting], (painting, painting))
    )
    np.testing.assert_array_equal(alone, listed)
    assert np.abs(alone.astype(float) - twice).mean() < 3, "two alike are blended to the same"


# --- where each painting shows --------------------------------------------------------------


def left_half(kind: type = bool, height: int = 40, width: int = 60) -> np.ndarray:
    mask = np.zeros((height, width), bool)
    mask[:, : width // 2] = True
    return mask if kind is bool else mask.astype(np.uint8) * 255


@pytest.mark.parametrize("start", ["preview", "photo", "noise"])
def test_each_palette_is_where_its_mask_was_drawn(paint, small_photo, start):
    end = paint(
        small_photo,
        [RED, BLUE],
        steps=25,
        start=start,
        content_weight=0.2,
        masks=[left_half(), ~left_half()],
    )
    left, right = (redness(end.image[:, part]) for part in (np.s_[:54], np.s_[74:]))
    assert left > 40 and right < -40


@pytest.mark.parametrize("kind", [bool, np.uint8])
def test_the_first_painting_fills_what_is_left(paint, small_photo, kind):
    end = paint(small_photo, [RED, BLUE], start="colours", masks=[None, left_half(kind, 33, 90)])
    assert redness(end.image[:, :54]) < -40 < 40 < redness(end.image[:, 74:])


def test_outside_the_only_mask_the_photo_stays(paint, small_photo):
    end = paint(small_photo, [RED], steps=20, start="preview", smoothness=0, masks=[left_half()])
    photo = fitted(small_photo, 128).astype(float)
    change = np.abs(end.image - photo).mean((0, 2))
    assert change[90:].mean() < 0.35 * change[:40].mean()


def test_an_empty_mask_is_none(paint, small_photo):
    nothing = np.zeros((50, 50), bool)
    drawn = paint(small_photo, [RED, BLUE], masks=[None, nothing]).image
    np.testing.assert_array_equal(drawn, paint(small_photo, [RED, BLUE]).image)


def test_a_painting_that_counts_nothing_may_be_drawn_over_all_of_the_photo(paint, small_photo):
    everywhere = np.ones((20, 30), bool)
    end = paint(small_photo, [RED, BLUE], shares=(1, 0), masks=[None, everywhere])
    np.testing.assert_array_equal(end.image, paint(small_photo, [RED]).image)


def test_masks_of_another_kind_are_refused(backend, photo, painting):
    for mask in (np.zeros((9, 9)), np.zeros((9, 9, 3), np.uint8), "left", [[True]]):
        with pytest.raises(UserError, match="mask must be"):
            next(backend.transfer(photo, [painting], masks=[mask]))
    for masks in ([], [None, None], left_half(), "x"):
        with pytest.raises(UserError, match="one mask, or none, for each"):
            next(backend.transfer(photo, [painting], masks=masks))
