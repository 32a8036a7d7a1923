"""The networks: published files into Keras's own architectures, the embedded one's asset."""

from __future__ import annotations

import json
import re
import runpy
from collections.abc import Callable
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from plugins.style import networks
from plugins.style.models import BY_NAME

CARD = networks.EMBEDDED_WEIGHTS.with_suffix(".md")
OLD_NAMES = ("{0}_W_1:0", "{0}_b_1:0")
NEW_NAMES = ("{0}/kernel:0", "{0}/bias:0")


@pytest.fixture(scope="module")
def references() -> dict[str, keras.Model]:
    """VGG as Keras has it, with random weights; biases that would show if they were left out."""
    keras.utils.set_random_seed(1)
    rng = np.random.default_rng(1)
    models = {
        "vgg19": keras.applications.VGG19(weights=None, include_top=False),
        "vgg16": keras.applications.VGG16(weights=None, include_top=False),
    }
    for model in models.values():
        for layer in model.layers:
            if layer.weights:
                layer.bias.assign(rng.normal(0, 0.5, layer.bias.shape))
    return models


def averaging(layer: keras.Layer) -> keras.Layer:
    """As Gatys et al. want it: the same layer, but pooling by the average."""
    if isinstance(layer, keras.layers.MaxPooling2D):
        return keras.layers.AveragePooling2D(2, name=layer.name)
    return type(layer).from_config(layer.get_config())


def write_published_layout(model: keras.Model, path: Path, kernel: str, bias: str) -> Path:
    """A file as the published one: a group for each layer, data sets as Keras named them then."""
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


def assert_same_features(
    network: networks.Network, whole: keras.Model, preprocess: Callable, atol: float
) -> None:
    """Each feature map differs by at most 1e-3 of its values or ``atol`` of its largest."""
    rgb = np.random.default_rng(0).uniform(0, 255, (1, 64, 96, 3)).astype(np.float32)
    outputs = [whole.get_layer(name).output for name in network.layers]
    theirs = keras.Model(whole.inputs[0], outputs)(preprocess(rgb.copy()))
    for name, a, b in zip(network.layers, network.model(rgb), theirs, strict=True):
        assert a.shape == b.shape
        assert float(np.std(b)) > 0
        np.testing.assert_allclose(
            a, b, rtol=1e-3, atol=atol * float(np.abs(b).max()), err_msg=name
        )


@pytest.mark.parametrize("names", [OLD_NAMES, NEW_NAMES])
@pytest.mark.parametrize("name", ["vgg19", "vgg16"])
def test_vgg_gives_the_features_of_keras_applications(references, tmp_path, name, names):
    path = write_published_layout(references[name], tmp_path / "vgg.h5", *names)
    network = networks.build(name, path, "max")
    preprocess = getattr(keras.applications, name).preprocess_input
    assert_same_features(network, references[name], preprocess, 1e-4)


def test_vgg19_pools_by_the_average_unless_told_otherwise(references, tmp_path):
    path = write_published_layout(references["vgg19"], tmp_path / "vgg19.h5", *OLD_NAMES)
    averaged = keras.models.clone_model(references["vgg19"], clone_function=averaging)
    averaged.set_weights(references["vgg19"].get_weights())
    preprocess = keras.applications.vgg19.preprocess_input
    assert_same_features(networks.vgg19(path), averaged, preprocess, 1e-4)


def test_vgg19_ends_at_the_deepest_layer_used(references, tmp_path):
    path = write_published_layout(references["vgg19"], tmp_path / "vgg19.h5", *OLD_NAMES)
    network = networks.vgg19(path)
    names = [layer.name for layer in network.model.layers]
    assert "block5_conv1" in names and "block5_conv2" not in names
    assert sum(network.style_weights.values()) == pytest.approx(1)


def test_a_vgg19_file_without_a_layer_is_refused_by_name(references, tmp_path):
    path = write_published_layout(references["vgg19"], tmp_path / "vgg19.h5", *OLD_NAMES)
    with h5py.File(path, "a") as file:
        del file["block3_conv2"]
    with pytest.raises(ValueError, match=r"block3_conv2\.kernel is missing"):
        networks.vgg19(path)
    with h5py.File(path, "a") as file:
        file["block3_conv2/block3_conv2_W_1:0"] = np.zeros((3, 3, 8, 256), np.float32)
    with pytest.raises(ValueError, match=r"has shape \(3, 3, 8, 256\)"):
        networks.vgg19(path)


@pytest.mark.parametrize("name", ["vgg16", "resnet50", "squeezenet", "embedded"])
def test_a_file_cut_short_is_refused_by_name(tmp_path, name):
    path = tmp_path / "cut.bin"
    if name == "embedded":
        path.write_bytes(networks.EMBEDDED_WEIGHTS.read_bytes()[:5000])
    else:
        with h5py.File(tmp_path / "full.h5", "w") as file:
            file["conv1/conv1_W"] = np.zeros((3, 3, 3, 64), np.float32)
        path.write_bytes((tmp_path / "full.h5").read_bytes()[:5000])
    with pytest.raises(ValueError, match=r"cut\.bin cannot be read"):
        networks.build(name, path)


def test_vgg19_lacks_other_layers():
    with pytest.raises(ValueError, match="block6_conv1"):
        networks.vgg19_model(("block1_conv1", "block6_conv1"))


# --- ResNet50 -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def resnet() -> keras.Model:
    """ResNet50 as Keras has it, with random weights and statistics of its normalisations."""
    keras.utils.set_random_seed(2)
    model = keras.applications.ResNet50(weights=None, include_top=False)
    rng = np.random.default_rng(2)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([rng.uniform(0.5, 1.5, weight.shape) for weight in layer.weights])
    return model


@pytest.mark.filterwarnings("ignore")  # Keras calls this format old: the published files have it
def test_resnet50_gives_the_features_of_keras_applications(resnet, tmp_path):
    path = tmp_path / "resnet50.h5"
    resnet.save(path)
    network = networks.build("resnet50", path)
    assert_same_features(network, resnet, keras.applications.resnet.preprocess_input, 1e-4)
    assert network.every_layer[-1] == "conv5_block3_out"


def test_a_resnet50_file_with_other_names_is_read_in_its_order(resnet, tmp_path):
    with h5py.File(tmp_path / "resnet50.h5", "w") as file:
        layers = [layer for layer in resnet.layers if layer.weights]
        file.attrs["layer_names"] = [f"layer_{number}".encode() for number in range(len(layers))]
        for number, layer in enumerate(layers):
            for weight in layer.weights:
                file[f"layer_{number}/{weight.name}:0"] = weight.numpy()
    network = networks.build("resnet50", tmp_path / "resnet50.h5")
    assert_same_features(network, resnet, keras.applications.resnet.preprocess_input, 1e-4)


@pytest.mark.filterwarnings("ignore")
def test_a_resnet50_file_without_a_normalisation_is_refused_by_name(resnet, tmp_path):
    path = tmp_path / "resnet50.h5"
    resnet.save(path)
    with h5py.File(path, "a") as file:
        del file["model_weights/conv3_block2_2_bn/conv3_block2_2_bn/moving_mean"]
    with pytest.raises(ValueError, match=r"conv3_block2_2_bn\.moving_mean is missing"):
        networks.build("resnet50", path)


# --- the embedded network -------------------------------------------------------------------


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
    (tmp_path / "style").symlink_to(Path(networks.__file__).parents[1])
    linked = runpy.run_path(str(tmp_path / "style" / "networks" / "embedded.py"))
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


def test_random_filters_are_had_by_asking_for_them(small_photo):
    rgb = small_photo[None].astype(np.float32)
    trained = networks.build("embedded").model(rgb)[0]
    assert np.array_equal(trained, networks.embedded().model(rgb)[0])
    assert not np.allclose(trained, networks.embedded(None).model(rgb)[0], rtol=0.1)


def test_the_published_vgg19_is_the_one_in_the_list():
    assert BY_NAME["vgg19"].weights == networks.VGG19_WEIGHTS
