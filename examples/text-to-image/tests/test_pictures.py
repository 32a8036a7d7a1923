"""Pictures: what each setting changes, and that a seed gives the same picture again."""

import numpy as np
import pytest
from triptych_text_to_image.request import Request
from triptych_text_to_image.results import Made, Step
from triptych_text_to_image.schedulers import SCHEDULERS


def news_of(backend, picture=None, **changes):
    request = Request(**{"prompt": "a red boat", **SMALL, **changes})
    return list(backend.generate(request, picture))


def made(backend, picture=None, **changes):
    return [each for each in news_of(backend, picture, **changes) if isinstance(each, Made)]


def picture_of(backend, picture=None, **changes):
    (only,) = made(backend, picture, **changes)
    return only.picture


SMALL = {"width": 64, "height": 64, "steps": 4, "seed": 7}


@pytest.fixture(scope="module")
def plain(backend):
    return picture_of(backend)


def test_a_seed_gives_the_same_picture_and_another_seed_another(backend, plain):
    assert plain.shape == (64, 64, 3) and plain.dtype == np.uint8 and plain.std() > 1
    assert np.array_equal(picture_of(backend), plain)
    assert not np.array_equal(picture_of(backend, seed=8), plain)


@pytest.mark.parametrize("none", [None, -1])
def test_without_a_seed_one_is_drawn_and_told(backend, none):
    (first,) = made(backend, seed=none)
    seed = int(first.settings["seed"])
    assert np.array_equal(picture_of(backend, seed=seed), first.picture)
    (second,) = made(backend, seed=none)
    assert int(second.settings["seed"]) != seed


def test_each_picture_of_several_has_its_own_seed(backend, plain):
    pictures = made(backend, count=2)
    assert [each.settings["seed"] for each in pictures] == ["7", "8"]
    assert np.array_equal(pictures[0].picture, plain)
    assert np.array_equal(pictures[1].picture, picture_of(backend, seed=8))


@pytest.mark.parametrize(
    "change",
    [
        {"prompt": "a green hill"},
        {"negative_prompt": "fog and rain"},
        {"guidance": 2.0},
        {"steps": 6},
        {"scheduler": "Euler a"},
    ],
)
def test_each_setting_changes_the_picture(backend, plain, change):
    assert not np.array_equal(picture_of(backend, **change), plain)


def test_the_size_is_the_one_asked_for(backend):
    assert picture_of(backend, width=96, height=72).shape == (72, 96, 3)


@pytest.mark.parametrize("scheduler", SCHEDULERS)
@pytest.mark.parametrize("start", ["words", "picture"])
def test_every_scheduler_makes_a_picture(backend, photo, scheduler, start):
    picture = picture_of(backend, None if start == "words" else photo, scheduler=scheduler)
    assert picture.std() > 1


@pytest.fixture(scope="module")
def photo():
    rows, columns = np.mgrid[0:80, 0:120]
    return np.stack([rows * 3, columns * 2, rows + columns], axis=-1).astype(np.uint8)


def test_from_a_picture_more_strength_changes_more(backend, photo):
    def far(strength):
        result = picture_of(backend, photo, strength=strength, steps=20)
        assert result.shape == (64, 64, 3)
        return result.astype(float)

    unchanged, little, much = far(0.05), far(0.3), far(1.0)
    assert np.abs(little - unchanged).mean() < np.abs(much - unchanged).mean()
    assert not np.array_equal(much, picture_of(backend, 255 - photo, strength=0.3, steps=20))


def test_every_step_is_told_with_a_preview_and_the_time_left(backend):
    steps = [each for each in news_of(backend, count=2) if isinstance(each, Step)]
    shown = [each for each in steps if each.preview is not None]
    assert [(each.number, each.step) for each in shown] == [
        (number, step) for number in (1, 2) for step in (1, 2, 3, 4)
    ]
    assert all(each.preview.shape == (8, 8, 3) for each in shown)
    assert not np.array_equal(shown[0].preview, shown[3].preview)
    assert shown[0].left > 0 and shown[-1].left == pytest.approx(0, abs=1e-6)


def test_previews_can_be_switched_off(make_backend, models):
    news = news_of(make_backend(models["first"], previews=False))
    assert all(each.preview is None for each in news if isinstance(each, Step))


def test_a_preview_shows_the_colours_of_the_latents():
    """Its map is found for a VAE whose latents mix colours in a way of its own."""
    import tiny
    import torch
    from triptych_text_to_image.preview import Preview

    vae = tiny.colour_vae()
    generator = torch.Generator().manual_seed(99)
    picture = tiny.smooth_pictures(1, generator)
    with torch.inference_mode():
        latents = vae.encode(picture * 2 - 1).latent_dist.mode() * vae.config.scaling_factor
    preview = Preview(vae)(latents).astype(float)
    real = tiny.small(picture)[0].permute(1, 2, 0).numpy() * 255
    flat = np.abs(real.mean((0, 1)) - real).mean()
    assert np.abs(preview - real).mean() < flat / 2


def test_stable_diffusion_xl_works_too(backend, models, photo):
    xl = str(models["xl"])
    first = picture_of(backend, model=xl)
    assert first.std() > 1 and np.array_equal(picture_of(backend, model=xl), first)
    assert picture_of(backend, photo, model=xl, strength=0.5).shape == (64, 64, 3)
