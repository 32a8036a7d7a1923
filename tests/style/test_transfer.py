"""A style transfer as its visitor meets it: steps, previews, limits, networks."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
from types import SimpleNamespace

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from host import Device, UserError
from host.testing import backend_context
from plugins.style import backend as backend_module
from plugins.style import networks
from plugins.style import settings as ranges
from plugins.style import transfer as transfer_module
from plugins.style.backend import StyleBackend
from plugins.style.models import BY_NAME, MODELS
from plugins.style.networks import Network
from plugins.style.objective import Objective
from plugins.style.pictures import fitted
from plugins.style.preparation import prepared
from plugins.style.preview import Preview
from plugins.style.preview.colours import matched
from plugins.style.results import TransferStep
from plugins.style.settings import Settings
from plugins.style.transfer import transfer

QUICK = Settings(size=128, steps=10)


def last(backend: StyleBackend, *args, **options) -> TransferStep:
    """The last step with these settings; ``options`` are of Settings or of the call."""
    call = {name: options.pop(name) for name in ("masks", "picture", "done") if name in options}
    *_, step = backend.transfer(*args, dataclasses.replace(QUICK, **options), **call)
    return step


def plain(*colour: int, height: int = 64, width: int = 96) -> np.ndarray:
    """A canvas of one colour with some grain, as a painting has."""
    rng = np.random.default_rng(sum(colour))
    grain = rng.normal(0, 12, (height, width, 1))
    return np.clip(np.array(colour) + grain, 0, 255).astype(np.uint8)


RED, BLUE = plain(190, 60, 50), plain(50, 70, 180)


def redness(picture: np.ndarray) -> float:
    return float(picture[..., 0].mean()) - float(picture[..., 2].mean())


@pytest.fixture
def every_step_shows(monkeypatch):
    monkeypatch.setattr(transfer_module, "_SHOW_EVERY", 0.0)


@pytest.fixture
def clock(monkeypatch):
    """A clock that goes on by a tenth of a second whenever the transfer looks at it."""
    ticks = itertools.count()
    fake = SimpleNamespace(monotonic=lambda: next(ticks) / 10)
    monkeypatch.setattr(transfer_module, "time", fake)


@pytest.fixture(scope="module")
def run(backend, photo, painting):
    return list(backend.transfer(photo, painting, Settings(size=192, steps=30, start="photo")))


def test_the_photo_comes_first_and_each_step_is_told(run, photo):
    assert [step.step for step in run] == list(range(31))
    assert run[0].losses is None and run[0].left is None
    np.testing.assert_array_equal(run[0].image, fitted(photo, 192))
    assert all(step.steps == 30 and step.network == "embedded" for step in run)
    assert [step.elapsed for step in run] == sorted(step.elapsed for step in run)
    assert run[-1].left == pytest.approx(0, abs=1e-6)


def test_losses_add_up_and_go_down_at_each_size(run):
    for _, group in itertools.groupby(run[1:], key=lambda step: step.side):
        totals = [step.losses.total for step in group]
        assert totals == sorted(totals, reverse=True)
        assert totals[-1] < totals[0]
    for step in run[1:]:
        parts = step.losses.content + step.losses.style + step.losses.smoothness
        assert step.losses.total == pytest.approx(parts)
        assert set(step.losses.layers) == set(networks.EMBEDDED_LAYERS)
    assert run[-1].losses.style < 0.25 * run[1].losses.style
    assert sorted({step.side for step in run}) == [96, 192]


def test_previews_have_the_size_and_shape_of_the_result(run, photo):
    pictures = [step.image for step in run if step.image is not None]
    assert run[-1].image is not None and len(pictures) >= 2
    height, width = photo.shape[:2]
    for picture in pictures:
        assert picture.dtype == np.uint8
        assert picture.shape == (round(192 * height / width), 192, 3)


def test_the_result_is_neither_the_photo_nor_without_it(run, photo):
    start, end = (run[i].image.astype(float) for i in (0, -1))
    assert np.abs(end - start).mean() > 10
    grey = [fitted(x.astype(np.uint8), 32).mean(-1).ravel() for x in (start, end)]
    assert np.corrcoef(*grey)[0, 1] > 0.3, "the photo's light and dark places are lost"


def test_upright_photos_stay_upright(backend, photo, painting):
    tall = np.ascontiguousarray(photo[:, :200])
    last = list(backend.transfer(tall, painting, size=128, steps=10))[-1]
    assert last.image.shape == (128, round(128 * 200 / len(tall)), 3)


def test_same_seed_same_picture_other_seed_another(backend, small_photo, painting):
    def paint(seed):
        return list(backend.transfer(small_photo, painting, size=128, steps=12, seed=seed))[
            -1
        ].image

    first = paint(5)
    np.testing.assert_array_equal(first, paint(5))
    assert (first != paint(6)).any()


def test_closing_the_stream_stops_it_and_the_next_run_works(backend, photo, painting):
    stream = backend.transfer(photo, painting, size=256, steps=600)
    for _ in range(4):
        next(stream)
    stream.close()
    assert next(stream, None) is None
    assert len(list(backend.transfer(photo, painting, size=128, steps=10))) == 11


def test_more_weight_on_the_photo_keeps_more_of_it(backend, small_photo, painting):
    def distance(weight):
        steps = backend.transfer(small_photo, painting, size=128, steps=30, content_weight=weight)
        first, *_, last = steps
        return np.abs(last.image.astype(float) - first.image).mean()

    assert distance(5.0) < 0.8 * distance(0.2)


def test_more_smoothness_gives_calmer_pictures(backend, small_photo, painting):
    def roughness(weight):
        *_, last = backend.transfer(small_photo, painting, size=128, steps=30, smoothness=weight)
        return np.abs(np.diff(last.image.astype(float), axis=1)).mean()

    assert roughness(5.0) < 0.8 * roughness(0.0)


def test_a_picture_of_one_colour_is_a_style_too(backend, small_photo):
    red = np.full((64, 64, 3), (200, 30, 30), np.uint8)
    *_, last = backend.transfer(small_photo, red, size=128, steps=40, content_weight=0.1)
    colour = last.image.reshape(-1, 3).mean(0)
    assert np.isfinite(last.losses.total)
    assert colour[0] > colour[1:].max() + 20, "the photo's sky is blue, the style is not"


def stroke_contrast(picture: np.ndarray) -> float:
    grey = picture.astype(float).mean(-1)
    return np.abs(np.diff(grey, axis=0)).mean() + np.abs(np.diff(grey, axis=1)).mean()


def likeness(picture: np.ndarray, photo: np.ndarray) -> float:
    grey = [fitted(x, 32).astype(float).mean(-1).ravel() for x in (picture, photo)]
    return np.corrcoef(*grey)[0, 1]


def test_the_trained_network_paints_strokes_and_objects_where_random_filters_blur(
    objective, photo, painting
):
    # Judged without any network: the painting's contrast from pixel to pixel, the photo's light.
    keras.utils.set_random_seed(0)
    untrained = Objective(networks.embedded(None))
    learnt, random = (
        list(transfer(which, photo, painting, 128, 60, Weights(), 0))[-1].image
        for which in (objective, untrained)
    )
    near = fitted(painting, 128)
    distance = [abs(1 - stroke_contrast(x) / stroke_contrast(near)) for x in (learnt, random)]
    assert distance[0] < 0.6 * distance[1]
    assert likeness(learnt, photo) > likeness(random, photo)

    target = objective.target(fitted(photo, 128), near)
    style = [objective(x.astype(np.float32), target, (0, 1, 0))[0].style for x in (learnt, random)]
    assert style[0] < 0.7 * style[1]


# --- what cannot be painted -----------------------------------------------------------------


def refusal(backend, *args, **options) -> str:
    with pytest.raises(UserError) as caught:
        next(backend.transfer(*args, **options))
    return str(caught.value)


def test_missing_tiny_and_odd_pictures_are_refused_in_a_sentence(backend, photo, painting):
    assert "choose a photo" in refusal(backend, None, painting)
    assert "choose a painting" in refusal(backend, photo, None)
    assert "20 x 40" in refusal(backend, photo[:40, :20], painting)
    assert "painting is only 31" in refusal(backend, photo, painting[:31, :31])
    assert "strip" in refusal(backend, photo[:40], painting)
    assert "8 bits" in refusal(backend, photo[..., 0], painting)
    assert "8 bits" in refusal(backend, photo.astype(float), painting)


@pytest.mark.parametrize("size", [SIZES[0] - 1, SIZES[1] + 1, -5, float("nan")])
def test_sizes_out_of_range_are_refused(backend, photo, painting, size):
    assert f"between {SIZES[0]} and {SIZES[1]}" in refusal(backend, photo, painting, size=size)


@pytest.mark.parametrize("steps", [STEPS[0] - 1, STEPS[1] + 1])
def test_step_counts_out_of_range_are_refused(backend, photo, painting, steps):
    assert f"between {STEPS[0]} and {STEPS[1]}" in refusal(backend, photo, painting, steps=steps)


@pytest.mark.parametrize("name", ["content_weight", "style_weight", "smoothness"])
@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf")])
def test_impossible_weights_are_refused(backend, photo, painting, name, value):
    assert "between 0 and" in refusal(backend, photo, painting, **{name: value})


NONSENSE = st.one_of(
    st.none(),
    st.booleans(),
    st.text(max_size=3),
    st.lists(st.integers(), max_size=2),
    st.integers(max_value=-1),
    st.integers(min_value=2**32),
    st.sampled_from([float("nan"), float("inf"), 10**400, {}, np.zeros(2), 1j]),
)


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from(["size", "steps", "seed", "network"]), value=NONSENSE | st.just(200.5))
def test_every_other_wrong_argument_is_refused_too(backend, small_photo, name, value):
    assert name.replace("steps", "number of steps") in refusal(
        backend, small_photo, small_photo, **{name: value}
    )


@settings(max_examples=30, deadline=None)
@given(
    name=st.sampled_from(["content_weight", "style_weight", "smoothness"]),
    value=NONSENSE,
)
def test_every_other_wrong_weight_is_refused_too(backend, small_photo, name, value):
    assert "between 0 and 100" in refusal(backend, small_photo, small_photo, **{name: value})


@pytest.mark.parametrize("seed", [0, 3_000_000_000, 2**32 - 1, 7.0])
def test_seeds_of_the_whole_range_are_taken(backend, small_photo, seed):
    stream = backend.transfer(small_photo, small_photo, size=128, steps=10, seed=seed)
    assert next(stream).step == 0 and next(stream).step == 1
    stream.close()


def test_a_seed_out_of_range_is_told_the_range(backend, photo, painting):
    for seed in (-1, 2**32, None):
        said = refusal(backend, photo, painting, seed=seed)
        assert said == "The seed must be a whole number between 0 and 4,294,967,295."


def test_a_picture_of_nothing_is_refused(backend, photo, painting):
    assert "both" in refusal(backend, photo, painting, content_weight=0, style_weight=0)


# --- which network answers ------------------------------------------------------------------


def test_without_the_published_weights_the_embedded_network_answers(backend, photo, painting):
    assert backend.health()["model"] == "embedded"
    assert [(info.name, info.ready) for info in backend.networks()] == [
        ("vgg19", False),
        ("embedded", True),
    ]
    assert "get them first" in refusal(backend, photo, painting, network="vgg19")
    assert 'no network "alexnet"' in refusal(backend, photo, painting, network="alexnet")


@pytest.mark.skipif(
    bool(tf.config.list_physical_devices("GPU")), reason="TensorFlow sees a GPU here"
)
def test_a_gpu_that_tensorflow_does_not_see_is_told_and_the_cpu_paints(
    tmp_path, caplog, small_photo
):
    context = backend_context("style", tmp_path)
    gpu = dataclasses.replace(context, device=Device("cuda", 0, "NVIDIA H100"))
    backend = StyleBackend(gpu)
    assert backend.health()["device"] == (
        "cpu (TensorFlow sees no GPU: its CUDA libraries are missing)"
    )
    assert "TensorFlow sees no GPU" in caplog.text
    *_, last = backend.transfer(small_photo, small_photo, size=128, steps=10)
    assert last.step == 10


def test_health_names_the_device(backend):
    assert backend.health()["device"] == "cpu"


def test_the_published_weights_cannot_be_fetched_offline(backend):
    with pytest.raises(UserError, match="could not be downloaded"):
        list(backend.fetch_weights())


def test_vgg19_answers_as_soon_as_its_file_is_here(tmp_path, monkeypatch, small_photo, painting):
    # The published file cannot be in the repository: one of the same layout takes its place.
    context = backend_context("style", tmp_path)
    path = context.weights.cache / networks.VGG19_WEIGHTS.name
    path.parent.mkdir(parents=True, exist_ok=True)
    model = networks.vgg19_model(("block5_conv4",))
    with h5py.File(path, "w") as file:
        for layer in model.layers:
            if layer.weights:
                for part, value in zip("Wb", layer.get_weights(), strict=True):
                    file[f"{layer.name}/{layer.name}_{part}_1:0"] = value
    digest = hashlib.md5(path.read_bytes()).hexdigest()
    local = dataclasses.replace(networks.VGG19_WEIGHTS, hash=f"md5:{digest}")
    monkeypatch.setattr(networks, "VGG19_WEIGHTS", local)

    backend = StyleBackend(context)
    assert backend.health()["model"] == "vgg19"
    assert backend.networks()[0].ready
    assert [p.done == p.total > 0 for p in backend.fetch_weights()] == [True]
    *_, last = backend.transfer(small_photo, painting, size=128, steps=10)
    assert last.network == "vgg19" and last.image.shape[1] == 128
    *_, last = backend.transfer(small_photo, painting, size=128, steps=10, network="embedded")
    assert last.network == "embedded"
