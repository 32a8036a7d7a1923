"""The objective: its gradient, what a mask, a share and a layer's weight do, and its borders."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import distance_transform_edt

from plugins.style import objective as module
from plugins.style.networks import EMBEDDED_LAYERS, embedded
from plugins.style.objective import Objective
from plugins.style.pictures import fitted
from plugins.style.search import PictureSearch

PAINTINGS = Path(__file__).parents[2] / "assets" / "style"
SIDE = 64
STYLE_ONLY = (0.0, 1.0, 0.0)


def opened(name: str, side: int = SIDE) -> np.ndarray:
    with Image.open(PAINTINGS / f"{name}.jpg") as picture:
        return fitted(np.asarray(picture.convert("RGB")), side)


@pytest.fixture(scope="module")
def seen(photo) -> np.ndarray:
    return fitted(photo, SIDE)


@pytest.fixture(scope="module")
def paintings() -> list[np.ndarray]:
    return [opened("starry"), opened("waves")]


@pytest.fixture(scope="module")
def near() -> Objective:
    """Of the first layer only: it sees three pixels round each."""
    return Objective(embedded().reading({"conv1": 1.0}, {"conv1": 1.0}))


def half(picture: np.ndarray, right: bool = False) -> np.ndarray:
    mask = np.zeros(picture.shape[:2], np.float32)
    mask[:, : mask.shape[1] // 2] = 1
    return 1 - mask if right else mask


def noisy(picture: np.ndarray, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.clip(picture + rng.normal(0, 10, picture.shape), 20, 235).astype(np.float32)


def test_a_picture_painted_like_itself_has_no_loss(objective, small_photo):
    target = objective.target(small_photo, small_photo)
    losses, gradient = objective(small_photo, target, (1.0, 1.0, 0.0))
    assert losses.total < 1e-6
    assert max(losses.layers.values()) < 1e-6
    assert gradient.shape == small_photo.shape


MASKINGS = {
    "one painting": (1, None, None),
    "two blended": (2, (1.0, 3.0), None),
    "one half": (1, None, [False]),
    "two halves": (2, None, [False, True]),
    "a half and the rest": (2, (2.0, 1.0), [None, True]),
}


@pytest.mark.parametrize("case", sorted(MASKINGS))
def test_gradient_is_that_of_the_total(objective, seen, paintings, case):
    count, shares, halves = MASKINGS[case]
    masks = halves and [None if right is None else half(seen, right) for right in halves]
    target = objective.target(seen, paintings[:count], shares, masks)
    weights, here = (0.3, 1.0, 0.5), noisy(seen)
    _, gradient = objective(here, target, weights)
    assert gradient.shape == seen.shape and gradient.dtype == np.float32
    rng = np.random.default_rng(1)
    # down the gradient, and that turned about in some places: a wrong sign there would show
    for way in (gradient, gradient * rng.choice([-1, 1, 2], (*seen.shape[:2], 1))):
        way = way / np.sqrt((way**2).mean())
        ahead, behind = (objective(here + d * way, target, weights)[0].total for d in (0.02, -0.02))
        assert ahead - behind == pytest.approx(0.04 * float((gradient * way).sum()), rel=0.04)


def test_the_losses_add_up_and_each_weight_scales_its_own(objective, seen, paintings):
    target, here = objective.target(seen, paintings[0]), noisy(seen)
    single, _ = objective(here, target, (1.0, 1.0, 1.0))
    triple, _ = objective(here, target, (2.0, 3.0, 0.5))
    assert single.total == pytest.approx(single.content + single.style + single.smoothness)
    assert triple.content == pytest.approx(2 * single.content)
    assert triple.style == pytest.approx(3 * single.style)
    assert triple.smoothness == pytest.approx(single.smoothness / 2)
    assert triple.layers == pytest.approx(single.layers), "a layer's own loss is unweighted"
    assert list(single.layers) == list(EMBEDDED_LAYERS)


def test_layer_weights_choose_layers(objective, seen, paintings):
    target, here = objective.target(seen, paintings[0]), noisy(seen)
    own = list(objective(here, target, STYLE_ONLY)[0].layers.values())
    for number in range(5):
        weights = [0.0] * 5
        weights[number] = 7.0
        losses, gradient = objective(here, target, STYLE_ONLY, weights)
        assert losses.style == pytest.approx(own[number], rel=1e-4)
        assert np.abs(gradient).max() > 0
    mixed, _ = objective(here, target, STYLE_ONLY, [1, 0, 0, 0, 3])
    assert mixed.style == pytest.approx((own[0] + 3 * own[4]) / 4, rel=1e-4)


# --- several paintings and masks ------------------------------------------------------------


def test_two_paintings_blended_lie_between(objective):
    first, second = (np.ascontiguousarray(opened(name)[:40]) for name in ("starry", "waves"))
    blends = [(1, 0), (3, 1), (1, 1), (1, 3), (0, 1)]
    targets = [objective.target(first, [first, second], shares) for shares in blends]
    of_first = [objective(first, target, STYLE_ONLY)[0].style for target in targets]
    of_second = [objective(second, target, STYLE_ONLY)[0].style for target in targets]
    assert of_first[0] < 1e-6 and of_second[-1] < 1e-6
    assert of_first == sorted(of_first), "the more of the second, the farther from the first"
    assert of_second == sorted(of_second, reverse=True)


def test_a_mask_confines_a_style(near, seen, paintings):
    """Four pixels from the border of a mask its painting has no say."""
    middle, here = seen.shape[1] // 2, noisy(seen)

    def gradient(*styles: np.ndarray) -> np.ndarray:
        masks = [half(seen), half(seen, right=True)]
        return near(here, near.target(seen, list(styles), None, masks), STYLE_ONLY)[1]

    plain = gradient(*paintings)
    other = gradient(paintings[0], opened("glass"))
    left, right = np.s_[:, : middle - 4], np.s_[:, middle + 4 :]
    np.testing.assert_allclose(other[left], plain[left], rtol=1e-3, atol=1e-9)
    assert np.abs(other[right] - plain[right]).max() > 0.05 * np.abs(plain[right]).max()


def test_outside_the_only_mask_nothing_is_painted(near, objective, seen, paintings):
    middle, here = seen.shape[1] // 2, noisy(seen)
    for which, far in ((near, 4), (objective, None)):
        target = which.target(seen, paintings[0], None, [half(seen)])
        _, gradient = which(here, target, STYLE_ONLY)
        inside = np.abs(gradient[:, :middle]).mean()
        if far:
            assert inside > 0 and not gradient[:, middle + far :].any()
        else:  # deep layers see far, but faintly
            assert np.abs(gradient[:, 3 * middle // 2 :]).mean() < 0.25 * inside


def test_the_painting_without_a_mask_fills_what_is_left(near, seen, paintings):
    here = noisy(seen)
    rest = near.target(seen, paintings, None, [None, half(seen, right=True)])
    both = near.target(seen, paintings, None, [half(seen), half(seen, right=True)])
    for ours, theirs in zip(
        near(here, rest, STYLE_ONLY), near(here, both, STYLE_ONLY), strict=True
    ):
        if isinstance(ours, np.ndarray):
            np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-8)
        else:
            assert ours.style == pytest.approx(theirs.style, rel=1e-4)


def test_a_mask_over_all_of_the_photo_is_none(objective, seen, paintings):
    here, all_of_it = noisy(seen), np.ones(seen.shape[:2], np.float32)
    plain, slope = objective(here, objective.target(seen, paintings[0]), STYLE_ONLY)
    target = objective.target(seen, paintings[0], None, [all_of_it])
    masked, same = objective(here, target, STYLE_ONLY)
    assert masked.style == pytest.approx(plain.style, rel=1e-3)
    np.testing.assert_allclose(same, slope, rtol=0.02, atol=0.005 * np.abs(slope).max())


def test_a_region_counts_by_its_area_and_its_share(near, seen, paintings):
    """Lest a dab weigh as much as the rest of the picture."""
    part = np.zeros(seen.shape[:2], np.float32)
    part[:, : part.shape[1] // 4] = 1
    masks, here = [part, 1 - part], noisy(seen)

    def style(styles, shares, masks) -> float:
        return near(here, near.target(seen, styles, shares, masks), STYLE_ONLY)[0].style

    small, large = (
        style([painting], None, [mask]) for painting, mask in zip(paintings, masks, strict=True)
    )
    assert small != pytest.approx(large, rel=0.05)
    for share in (0.0, 1.0, 5.0):
        expected = (0.25 * share * small + 0.75 * large) / (0.25 * share + 0.75)
        assert style(paintings, (share, 1.0), masks) == pytest.approx(expected, rel=1e-3)


def test_a_painting_that_counts_nothing_may_be_drawn_over_all_of_the_photo(near, seen, paintings):
    """No painting is left anywhere: then the photo is, and no error."""
    all_of_it = np.ones(seen.shape[:2], np.float32)
    target = near.target(seen, paintings, (1.0, 0.0), [None, all_of_it])
    losses, gradient = near(noisy(seen), target, (1.0, 1.0, 1.0))
    assert np.isfinite(losses.total) and np.isfinite(gradient).all()


# --- sizes and borders ----------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(37, 53), (53, 37), (32, 32), (33, 128), (95, 61)])
def test_odd_sizes_work_and_are_painted_like_themselves(objective, photo, shape):
    picture = np.ascontiguousarray(photo[100 : 100 + shape[0], 100 : 100 + shape[1]])
    mask = half(picture)
    for masks in (None, [mask]):
        target = objective.target(picture, picture, None, masks)
        losses, gradient = objective(picture, target, (1.0, 1.0, 1.0))
        assert gradient.shape == picture.shape and np.isfinite(gradient).all()
        assert losses.content < 1e-6
        assert masks or losses.style < 1e-6


def rim(picture: np.ndarray) -> float:
    """How much brighter the outer two pixels are than those a little further in."""
    inside = np.pad(np.ones(picture.shape[:2], bool), 1)
    depth = distance_transform_edt(inside)[1:-1, 1:-1]
    light = picture.astype(float).mean(-1)
    return light[depth <= 2].mean() - light[(depth > 4) & (depth <= 10)].mean()


def test_no_rim_glows_round_a_picture(monkeypatch, objective, small_photo):
    circles = opened("circles", 96)

    def painted(which: Objective) -> float:
        target = which.target(small_photo, circles)
        search = PictureSearch(noisy(small_photo))
        for _ in range(25):
            losses, gradient = which(search.trial, target, (0.15, 1.0, 0.6))
            search.tell(losses.total, gradient)
        return rim(search.best) - rim(small_photo)

    with_margin = painted(objective)
    monkeypatch.setattr(module, "_MARGIN", 0)
    without = painted(Objective(embedded()))
    assert abs(with_margin) < 6
    assert abs(without) > 2 * abs(with_margin), "the photo does not show what a margin is for"
