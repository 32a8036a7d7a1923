"""The networks: VGG19 from its HDF5 file, the embedded one from its asset."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from plugins.style import networks

CARD = networks.EMBEDDED_WEIGHTS.with_suffix(".md")


@pytest.fixture(scope="module")
def reference() -> keras.Model:
    keras.utils.set_random_seed(1)
    return keras.applications.VGG19(weights=None, include_top=False)


def averaging(layer: keras.Layer) -> keras.Layer:
    """As Gatys et al. want it: the same layer, but pooling by the average."""
    if isinstance(layer, keras.layers.MaxPooling2D):
        return keras.layers.AveragePooling2D(2, name=layer.name)
    return type(layer).from_config(layer.get_config())


def write_published_layout(model: keras.Model, path: Path, kernel: str, bias: str) -> Path:
    """A file as the published one: a group for each layer, data sets as Keras 1 named them."""
    with h5py.File(path, "w") as file:
        names = [layer.name.encode() for layer in model.layers]
        file.attrs["layer_names"] = names
        for layer in model.layers:
            group = file.create_group(layer.name)
            parts = [kernel.format(layer.name), bias.format(layer.name)] if layer.weights else []
            group.attrs["weight_names"] = [part.encode() for part in parts]
            for part, value in zip(parts, layer.get_weights(), strict=True):
                group.create_dataset(part, data=value)
    return path


@pytest.mark.parametrize(
    ("kernel", "bias"),
    [("{0}_W_1:0", "{0}_b_1:0"), ("{0}/kernel:0", "{0}/bias:0")],
)
def test_vgg19_gives_the_features_of_keras_applications(reference, tmp_path, kernel, bias):
    path = write_published_layout(reference, tmp_path / "vgg19.h5", kernel, bias)
    network = networks.vgg19(path)
    rgb = np.random.default_rng(0).uniform(0, 255, (1, 64, 96, 3)).astype(np.float32)
    ours = network.model(rgb)
    averaged = keras.models.clone_model(reference, clone_function=averaging)
    averaged.set_weights(reference.get_weights())
    whole = keras.Model(
        averaged.input, [averaged.get_layer(name).output for name in network.layers]
    )
    theirs = whole(keras.applications.vgg19.preprocess_input(rgb.copy()))
    for name, a, b in zip(network.layers, ours, theirs, strict=True):
        assert a.shape == b.shape
        np.testing.assert_allclose(
            a, b, rtol=1e-3, atol=1e-3 * float(np.abs(b).max()), err_msg=name
        )


def test_vgg19_ends_at_the_deepest_layer_used(reference, tmp_path):
    path = write_published_layout(reference, tmp_path / "vgg19.h5", "{0}_W_1:0", "{0}_b_1:0")
    network = networks.vgg19(path)
    names = [layer.name for layer in network.model.layers]
    assert "block5_conv1" in names and "block5_conv2" not in names
    assert sum(network.style_weights.values()) == pytest.approx(1)


def test_a_vgg19_file_without_a_layer_is_refused_by_name(reference, tmp_path):
    path = write_published_layout(reference, tmp_path / "vgg19.h5", "{0}_W_1:0", "{0}_b_1:0")
    with h5py.File(path, "a") as file:
        del file["block3_conv2"]
    with pytest.raises(ValueError, match=r"block3_conv2\.kernel is missing"):
        networks.vgg19(path)
    with h5py.File(path, "a") as file:
        file["block3_conv2/block3_conv2_W_1:0"] = np.zeros((3, 3, 8, 256), np.float32)
    with pytest.raises(ValueError, match=r"has shape \(3, 3, 8, 256\)"):
        networks.vgg19(path)


def test_vgg19_lacks_other_layers():
    with pytest.raises(ValueError, match="block6_conv1"):
        networks.vgg19_model(("block1_conv1", "block6_conv1"))


def test_the_embedded_file_is_small_and_is_what_its_card_says():
    network = networks.embedded()
    assert networks.EMBEDDED_WEIGHTS.stat().st_size <= 4_000_000
    stated = re.search(r"([\d,]+) parameters", CARD.read_text("utf-8"))
    assert stated is not None
    assert int(stated[1].replace(",", "")) == network.parameters
    measured = json.loads(networks.EMBEDDED_WEIGHTS.with_suffix(".json").read_text("utf-8"))
    assert measured["parameters"] == network.parameters


def test_the_embedded_file_is_found_from_behind_a_symlink(tmp_path):
    # as in the folder from which a worker with an interpreter of its own imports
    (tmp_path / "style").symlink_to(Path(networks.__file__).parent)
    linked = runpy.run_path(str(tmp_path / "style" / "networks.py"))
    assert linked["embedded"]().parameters == networks.embedded().parameters


def test_embedded_features_tell_layers_at_five_scales(small_photo):
    network = networks.embedded()
    maps = network.model(small_photo[None].astype(np.float32))
    height, width = small_photo.shape[:2]
    for name, stride, feature in zip(network.layers, (1, 2, 4, 8, 16), maps, strict=True):
        assert feature.shape[1:3] == (-(-height // stride), -(-width // stride)), name
        live = np.asarray(feature).reshape(-1, feature.shape[-1]).std(0) > 1e-3
        assert live.mean() > 0.7, f"{name}: most channels say nothing about a photo"


def test_embedded_weights_of_another_network_are_refused(tmp_path):
    from safetensors.numpy import save_file

    save_file({"conv1.kernel": np.zeros((3, 3, 3, 8), np.float16)}, tmp_path / "x.safetensors")
    with pytest.raises(ValueError, match=r"conv1\.kernel has shape"):
        networks.embedded(tmp_path / "x.safetensors")
