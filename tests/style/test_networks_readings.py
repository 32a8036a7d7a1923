"""Every network: its layers, other readings of it, pooling, precision, sizes of pictures."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from plugins.style import networks
from plugins.style.models import BY_NAME, MODELS
from plugins.style.settings import LAYERS

NAMES = [model.name for model in MODELS]


@pytest.fixture(scope="module")
def built() -> dict[str, networks.Network]:
    keras.utils.set_random_seed(4)
    return {name: networks.build(name) for name in NAMES}


@pytest.fixture
def rgb(small_photo) -> np.ndarray:
    return small_photo[None, :48, :64].astype(np.float32)


def test_the_paper_s_network_is_first_and_the_embedded_last():
    assert NAMES[0] == "vgg19" and NAMES[-1] == "embedded"
    assert BY_NAME["embedded"].weights is None
    assert all(model.weights for model in MODELS[:-1])


@pytest.mark.parametrize("name", ["vgg19", "vgg16", "resnet50"])
def test_the_published_files_are_those_that_keras_checks(name):
    file = BY_NAME[name].weights
    assert file is not None
    folder = Path(keras.__file__).parent / "src" / "applications"
    source = (folder / f"{name.removesuffix('50')}.py").read_text("utf-8")
    source += "resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5"  # put together there
    assert file.name in source and file.url.endswith(f"/{file.name}")
    assert f'"{file.hash.removeprefix("md5:")}"' in source


def test_the_list_is_read_without_a_framework():
    code = (
        "import sys, plugins.style.models\n"
        "sys.exit(bool({'tensorflow', 'keras', 'torch', 'gradio'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_network_is_read_where_its_model_says(built, name):
    network, model = built[name], BY_NAME[name]
    assert network.name == name
    assert network.every_layer == model.layers
    assert len(model.style_layers) == LAYERS
    assert dict(network.style_weights) == dict.fromkeys(model.style_layers, 0.2)
    assert dict(network.content_weights) == {model.content_layer: 1.0}
    assert set(network.layers) == {*model.style_layers, model.content_layer}
    assert list(network.layers) == sorted(network.layers, key=model.layers.index)


@pytest.mark.parametrize("side", [(32, 32), (33, 45)])
@pytest.mark.parametrize("name", NAMES)
def test_the_smallest_picture_has_features_at_every_layer(built, name, side):
    network = built[name]
    noise = np.random.default_rng(0).uniform(0, 255, (1, *side, 3)).astype(np.float32)
    maps = network.features(*network.every_layer)(noise)
    for layer, feature in zip(network.every_layer, maps, strict=True):
        assert min(feature.shape[1:3]) >= 1, layer
        assert np.isfinite(feature).all() and np.min(feature) >= 0, layer
        assert np.max(feature) > 0, layer


@pytest.mark.parametrize("name", NAMES)
def test_another_reading_has_the_same_features_and_nothing_deeper(built, name, rgb):
    network = built[name]
    second, third = network.every_layer[1:3]
    reading = network.reading({third: 3.0, second: 1.0}, {second: 5.0})
    assert reading.layers == (second, third)
    assert dict(reading.style_weights) == {third: 0.75, second: 0.25}
    assert dict(reading.content_weights) == {second: 1.0}
    whole = network.features(*network.every_layer)(rgb)
    for ours, theirs in zip(reading.model(rgb), whole[1:3], strict=True):
        assert np.array_equal(ours, theirs)
    deeper = {layer.name for layer in network.features(network.every_layer[3]).layers}
    seen = {layer.name for layer in reading.model.layers}
    assert seen < deeper and network.every_layer[3] not in seen
    assert reading.parameters < network.parameters
    # and back to where it was
    again = reading.reading(network.style_weights, network.content_weights)
    assert again.layers == network.layers and again.parameters == network.parameters


def test_features_come_in_the_order_asked_for(built, rgb):
    network = built["embedded"]
    deep, shallow = network.features("conv4_1", "conv1")(rgb)
    assert deep.shape[-1] == 96 and shallow.shape[-1] == 32
    (alone,) = network.features("conv1")(rgb, training=False)
    assert np.array_equal(alone, shallow)
    (alone,) = network.reading({"conv1": 1.0}, {"conv1": 1.0}).model(rgb)
    assert np.array_equal(alone, shallow)


def test_layers_that_there_are_not_are_named(built):
    network = built["squeezenet"]
    with pytest.raises(ValueError, match="squeezenet lacks fire10"):
        network.features("conv1", "fire10")
    with pytest.raises(ValueError, match="block1_conv1"):
        network.reading({"block1_conv1": 1.0}, {"fire5": 1.0})
    with pytest.raises(ValueError, match="name a layer"):
        network.features()
    with pytest.raises(ValueError, match="not all 0"):
        network.reading({"fire2": 0.0}, {"fire5": 1.0})
    with pytest.raises(ValueError, match="0 or more"):
        network.reading({"fire2": 1.0, "fire3": -0.5}, {"fire5": 1.0})


@pytest.mark.parametrize("name", [model.name for model in MODELS if model.pools])
def test_the_maximum_and_the_average_differ_behind_the_first_pooling(built, name, rgb):
    average = built[name]
    maximum = networks.build(name, pooling="max")
    assert maximum.whole is not None and average.whole is not None
    maximum.whole.set_weights(average.whole.get_weights())
    for layer, a, m in zip(average.layers, average.model(rgb), maximum.model(rgb), strict=True):
        if layer == average.layers[0]:
            np.testing.assert_allclose(a, m, rtol=1e-5, atol=1e-3)
        else:
            assert np.abs(a - m).mean() > 0.05 * np.mean(a), layer


def test_resnet50_pools_as_it_was_trained(built, rgb):
    assert not BY_NAME["resnet50"].pools
    other = networks.build("resnet50", pooling="max")
    assert other.whole is not None and built["resnet50"].whole is not None
    other.whole.set_weights(built["resnet50"].whole.get_weights())
    for a, b in zip(built["resnet50"].model(rgb), other.model(rgb), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4 * np.max(a))


@pytest.mark.parametrize("name", NAMES)
def test_half_precision_is_close_and_leaves_other_models_alone(built, name, rgb):
    full = built[name]
    half = networks.build(name, dtype="mixed_bfloat16")
    assert keras.config.dtype_policy().name == "float32"
    assert half.whole is not None and full.whole is not None
    half.whole.set_weights(full.whole.get_weights())
    assert {weight.dtype for weight in half.whole.weights} == {"float32"}
    for layer, a, b in zip(full.layers, full.model(rgb), half.model(rgb), strict=True):
        assert b.dtype == "bfloat16", layer
        error = np.linalg.norm(np.asarray(b, np.float32) - a) / np.linalg.norm(a)
        assert 0 < error < 0.05, layer


def test_nothing_in_a_network_can_be_trained_by_mistake(built, rgb):
    network = built["resnet50"]
    assert not network.model.trainable_weights
    first = network.model(rgb, training=True)
    for a, b in zip(first, network.model(rgb, training=False), strict=True):
        assert np.array_equal(a, b)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "alexnet"}, "alexnet"),
        ({"name": "embedded", "pooling": "median"}, "median"),
        ({"name": "resnet50", "pooling": "median"}, "median"),
        ({"name": "squeezenet", "dtype": "float16"}, "float16"),
    ],
)
def test_what_there_is_not_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        networks.build(**arguments)
