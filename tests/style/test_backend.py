"""The backend: what it refuses, and which network answers."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf

from host import Device, UserError
from host.testing import backend_context
from plugins.style import loaded as loaded_module
from plugins.style import networks
from plugins.style.backend import StyleBackend
from plugins.style.loaded import LoadedNetworks
from plugins.style.models import BY_NAME, MODELS
from plugins.style.settings import POOLINGS, SIZES, Settings

QUICK = Settings(size=128, steps=10)


def refusal(backend: StyleBackend, *args: object, **options: object) -> str:
    """What is said before the first step; ``options`` are of Settings or of the call."""
    names = ("masks", "picture", "done")
    call = {name: options.pop(name) for name in names if name in options}
    settings = dataclasses.replace(QUICK, **options) if len(args) < 3 else args[2]
    with pytest.raises(UserError) as caught:
        next(backend.transfer(*args[:2], settings, **call))
    said = str(caught.value)
    assert said.endswith(".") and "\n" not in said
    return said


# --- what cannot be painted -----------------------------------------------------------------


def test_missing_tiny_and_odd_pictures_are_refused_in_a_sentence(backend, photo, painting):
    assert "choose a photo" in refusal(backend, None, painting)
    assert "choose a painting" in refusal(backend, photo, None)
    assert "choose a painting" in refusal(backend, photo, [painting, None])
    assert "20 x 40" in refusal(backend, photo[:40, :20], painting)
    assert "painting is only 31" in refusal(backend, photo, painting[:31, :31])
    assert "strip" in refusal(backend, photo[:40], painting)
    assert "RGB picture, uint8" in refusal(backend, photo[..., 0], painting)
    assert "RGB picture, uint8" in refusal(backend, photo.astype(float), painting)
    assert "RGB picture, uint8" in refusal(backend, photo.tolist(), painting)


def test_none_and_too_many_paintings_are_refused(backend, photo, painting):
    for styles in ([], [painting] * 6, "starry.jpg", {"a": painting}, 5):
        assert "1 to 5 paintings" in refusal(backend, photo, styles)


def test_settings_out_of_range_and_of_another_kind_are_refused(backend, photo, painting):
    least, most = SIZES
    for size in (least - 1, most + 1, -5, float("nan")):
        assert f"between {least:,} and {most:,}" in refusal(backend, photo, painting, size=size)
    assert "number of steps" in refusal(backend, photo, painting, steps=9)
    assert "between 0 and 100" in refusal(backend, photo, painting, smoothness=float("inf"))
    assert "both weights" in refusal(backend, photo, painting, content_weight=0, style_weight=0)
    assert "share must be given: 2 in all" in refusal(
        backend, photo, [painting, painting], shares=(1.0,)
    )
    for settings in ({}, "settings", 384, QUICK.to_json()):
        assert "another kind" in refusal(backend, photo, painting, settings)


def test_a_seed_out_of_range_is_told_the_range(backend, photo, painting):
    for seed in (-1, 2**32, None):
        said = refusal(backend, photo, painting, seed=seed)
        assert said == "The seed must be a whole number between 0 and 4,294,967,295."


@pytest.mark.parametrize("seed", [0, 3_000_000_000, 2**32 - 1, 7.0])
def test_seeds_of_the_whole_range_are_taken(backend, small_photo, seed):
    settings = dataclasses.replace(QUICK, seed=seed, start="noise")
    stream = backend.transfer(small_photo, small_photo, settings)
    assert next(stream).step == 0 and next(stream).step == 1
    stream.close()


def test_no_settings_are_the_best_known(backend, small_photo):
    stream = backend.transfer(small_photo, small_photo)
    assert next(stream).image.shape[1] == Settings().size
    assert next(stream).steps == Settings().steps
    stream.close()


@pytest.mark.parametrize("done", [10, 11, -1, 0.5, True, None, "3"])
def test_steps_that_cannot_be_done_already_are_refused(backend, photo, painting, done):
    said = refusal(backend, photo, painting, picture=photo, done=done)
    assert said == "The steps already done must be fewer than all steps."


def test_a_picture_that_cannot_be_gone_on_from_is_refused(backend, photo, painting):
    for picture in (photo[:20, :20], photo[..., 0], photo / 255, "photo"):
        assert "picture to go on from" in refusal(backend, photo, painting, picture=picture)


# --- which network answers ------------------------------------------------------------------


def test_without_the_published_weights_the_embedded_network_answers(backend, small_photo):
    assert backend.health()["model"] == "embedded"
    ready = {status.name: status.ready for status in backend.models()}
    assert list(ready) == [model.name for model in MODELS]
    assert [name for name, there in ready.items() if there] == ["embedded"]
    assert [status.name for status in backend.models() if status.active] == ["embedded"]
    assert next(backend.transfer(small_photo, small_photo, QUICK)).network == "embedded"


@pytest.mark.parametrize("name", [model.name for model in MODELS if model.weights is not None])
def test_networks_whose_weights_are_missing_are_refused_by_their_title(
    backend, photo, painting, name
):
    said = refusal(backend, photo, painting, network=name)
    assert BY_NAME[name].title in said and "get them first" in said.replace("\n", " ")


def test_networks_and_layers_that_there_are_not_are_told_which_there_are(backend, photo, painting):
    said = refusal(backend, photo, painting, network="alexnet")
    assert 'no network "alexnet"' in said and '"vgg19"' in said and '"auto"' in said
    said = refusal(backend, photo, painting, content_layer="block4_conv2")
    assert 'no layer "block4_conv2"' in said and "conv4_2" in said
    for name in (None, 3, ["embedded"]):
        with pytest.raises(UserError, match="no network"):
            backend.feature_maps(photo, network=name)


def test_a_network_stays_loaded_and_pools_as_asked(tmp_path):
    networks = loaded(tmp_path)
    kept = [networks.network("embedded", pooling) for pooling in POOLINGS]
    assert [networks.network("auto", pooling) for pooling in POOLINGS] == kept
    assert kept[0] is not kept[1]
    picture = np.random.default_rng(0).uniform(0, 255, (1, 64, 64, 3)).astype(np.float32)
    deep = [network.model(picture)[-1].numpy() for network in kept]
    assert np.abs(deep[0] - deep[1]).max() > 0.01


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
    *_, last = backend.transfer(small_photo, small_photo, QUICK)
    assert last.step == 10


def test_health_names_the_device(backend):
    assert backend.health()["device"] == "cpu"


def test_weights_that_cannot_be_had_are_told(backend):
    with pytest.raises(UserError, match="could not be downloaded"):
        list(backend.fetch_weights())
    for name in ("embedded", "alexnet", None):
        with pytest.raises(UserError, match="no published weights"):
            list(backend.fetch_weights(name))


@pytest.fixture
def local_vgg19(tmp_path, monkeypatch) -> Iterator[Path]:
    """Where the published file would lie, its hash that of whatever is there when it is asked."""
    weights = BY_NAME["vgg19"].weights
    path = backend_context("style", tmp_path).weights.cache / weights.name
    path.parent.mkdir(parents=True, exist_ok=True)
    yield path


def loaded(folder: Path) -> LoadedNetworks:
    return LoadedNetworks(backend_context("style", folder).weights, "/CPU:0")


def published(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    """Take the file at ``path`` for the published one."""
    digest = hashlib.md5(path.read_bytes()).hexdigest()
    model = BY_NAME["vgg19"]
    local = dataclasses.replace(
        model, weights=dataclasses.replace(model.weights, hash=f"md5:{digest}")
    )
    monkeypatch.setitem(BY_NAME, "vgg19", local)
    models = tuple(local if each.name == "vgg19" else each for each in MODELS)
    monkeypatch.setattr(loaded_module, "MODELS", models)


def test_vgg19_answers_as_soon_as_its_file_is_here(
    tmp_path, monkeypatch, local_vgg19, small_photo, painting
):
    # The published file cannot be in the repository: one of the same layout takes its place.
    keras.utils.set_random_seed(0)
    model = networks.vgg19_model(("block5_conv4",))
    with h5py.File(local_vgg19, "w") as file:
        for layer in model.layers:
            if layer.weights:
                for part, value in zip("Wb", layer.get_weights(), strict=True):
                    file[f"{layer.name}/{layer.name}_{part}_1:0"] = value
    published(monkeypatch, local_vgg19)

    backend = StyleBackend(backend_context("style", tmp_path))
    assert backend.health()["model"] == "vgg19"
    assert backend.models()[0].ready
    assert [p.done == p.total > 0 for p in backend.fetch_weights()] == [True]
    stream = backend.transfer(small_photo, painting, QUICK)
    steps = [next(stream) for _ in range(3)]
    assert {step.network for step in steps} == {"vgg19"}
    assert steps[0].image.shape[1] == 128 and np.isfinite(steps[2].losses.total)
    embedded = dataclasses.replace(QUICK, network="embedded")
    assert next(backend.transfer(small_photo, painting, embedded)).network == "embedded"


@pytest.mark.parametrize("content", ["layout", "bytes"])
def test_a_file_of_another_layout_is_told_and_not_read(tmp_path, monkeypatch, local_vgg19, content):
    if content == "bytes":
        local_vgg19.write_bytes(b"no weights at all")
    else:
        with h5py.File(local_vgg19, "w") as file:
            file["block1_conv1/block1_conv1_W_1:0"] = np.zeros((3, 3, 3, 8), np.float32)
    published(monkeypatch, local_vgg19)
    there = loaded(tmp_path)
    with pytest.raises(UserError, match="VGG19 on this machine do not fit it"):
        there.network("vgg19")
    assert there.network("embedded").name == "embedded"
