"""Inception-ResNet v1 and the reader of its published weight files."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest

from plugins.face import inception_resnet_v1 as facenet
from plugins.face.encoders import BATCH, make
from plugins.face.inception_resnet_v1 import FacenetFileError
from plugins.face.models import BY_NAME


def seeded(name: str, shape: tuple[int, ...]) -> np.ndarray:
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    kind = name.rsplit("/", 1)[-1]
    if kind == "kernel:0":
        values = rng.standard_normal(shape) * np.sqrt(2 / np.prod(shape[:-1]))
    elif kind == "moving_variance:0":
        values = rng.uniform(0.5, 1.5, shape)
    else:
        values = rng.standard_normal(shape) * 0.1
    return values.astype(np.float32)


def write(path: Path, layout: list) -> Path:
    """A Keras 2 weights file: root attribute layer_names, one group for each layer."""
    with h5py.File(path, "w") as file:
        # The published files also list layers without weights.
        names = ["input_1", *(name for name, _ in layout)]
        file.attrs["layer_names"] = [name.encode() for name in names]
        file.create_group("input_1").attrs["weight_names"] = np.array([], "S1")
        for name, weights in layout:
            group = file.create_group(name)
            group.attrs["weight_names"] = [weight.encode() for weight, _ in weights]
            for weight, shape in weights:
                group.create_dataset(weight, data=seeded(weight, tuple(shape)))
    return path


def layout_of(model) -> list:
    return [
        [layer.name, [[f"{layer.name}/{v.name}:0", list(v.shape)] for v in layer.weights]]
        for layer in model.layers
        if layer.weights
    ]


@pytest.fixture(scope="module")
def model():
    return facenet.build(128)


@pytest.fixture(scope="module")
def published(tmp_path_factory, model) -> Iterator[Path]:
    path = write(tmp_path_factory.mktemp("weights") / "seeded.h5", layout_of(model))
    yield path
    path.unlink()  # 92 MB


def check_against_reference(network, shared: Path, dimension: int) -> None:
    import keras

    reference = np.load(shared / "reference.npz")
    pictures = facenet.prepare_fixed(reference["images"])
    outputs = [network.get_layer("Bottleneck").output, network.output]
    found = keras.Model(network.input, outputs)(pictures, training=False)
    for name, values in zip(("bottleneck", "embeddings"), found, strict=True):
        expected = reference[f"{name}_{dimension}"]
        worst = np.abs(np.asarray(values) - expected).max() / np.abs(expected).max()
        assert worst < 1e-4


def test_512_agrees_with_an_independent_implementation(shared, tmp_path):
    layout = json.loads((shared / "layout512.json").read_text())
    network = facenet.build(512)
    facenet.load_weights(network, write(tmp_path / "seeded.h5", layout))
    (tmp_path / "seeded.h5").unlink()
    check_against_reference(network, shared, 512)


def test_128_agrees_with_an_independent_implementation(shared, model, published):
    # The file written from our own layout holds what the published layout asks for.
    layout = json.loads((shared / "layout128.json").read_text())
    assert sorted(layout) == sorted(layout_of(model))
    facenet.load_weights(model, published)
    check_against_reference(model, shared, 128)


def test_the_network_has_the_published_number_of_parameters(model):
    # davidsandberg/facenet's Inception-ResNet v1 with 128 outputs, as keras-facenet counts it.
    assert model.count_params() == 22_808_144


def test_every_tensor_goes_to_its_own_place(model, published):
    facenet.load_weights(model, published)
    for layer in model.layers:
        for variable in layer.weights:
            expected = seeded(f"{layer.name}/{variable.name}:0", tuple(variable.shape))
            np.testing.assert_array_equal(np.asarray(variable), expected)


def test_encodings_are_unit_vectors_whatever_the_batch(published, portraits, backend):
    encoder = make(BY_NAME["facenet-128"], published, "/CPU:0")
    crops = []
    for name in ("anna_1", "bruno_1"):
        crops.append(encoder.align(portraits[name], backend.detect([portraits[name]])[0][0]))
    assert crops[0].shape == (160, 160, 3)
    both = encoder.encode(np.stack(crops))
    assert both.shape == (2, 128)
    np.testing.assert_allclose(np.linalg.norm(both, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(encoder.encode(crops[1][None]), both[1:], atol=1e-5)


def _damage(published: Path, copy: Path, change) -> Path:
    copy.write_bytes(published.read_bytes())
    with h5py.File(copy, "r+") as file:
        change(file)
    return copy


def _layer_names(file: h5py.File) -> list[bytes]:
    return [
        name if isinstance(name, bytes) else name.encode() for name in file.attrs["layer_names"]
    ]


def _forget_layer(file: h5py.File) -> None:
    file.attrs["layer_names"] = [name for name in _layer_names(file) if name != b"Bottleneck"]


def _add_layer(file: h5py.File) -> None:
    file.attrs["layer_names"] = [*_layer_names(file), b"Extra"]
    file.create_group("Extra").attrs["weight_names"] = [b"Extra/kernel:0"]
    file["Extra"].create_dataset("Extra/kernel:0", data=np.zeros(3, np.float32))


def _reshape(file: h5py.File) -> None:
    del file["Bottleneck"]["Bottleneck/kernel:0"]
    file["Bottleneck"].create_dataset("Bottleneck/kernel:0", data=np.zeros((1792, 64), "f4"))


def _lose_tensor(file: h5py.File) -> None:
    del file["Conv2d_1a_3x3"]["Conv2d_1a_3x3/kernel:0"]


def _text_tensor(file: h5py.File) -> None:
    del file["Conv2d_1a_3x3"]["Conv2d_1a_3x3/kernel:0"]
    file["Conv2d_1a_3x3"].create_dataset(
        "Conv2d_1a_3x3/kernel:0", data=np.full((3, 3, 3, 32), b"x")
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_forget_layer, "lacks 1 layers, such as Bottleneck"),
        (_add_layer, "unknown layers, such as Extra"),
        (_reshape, r"Bottleneck/kernel is float32 \(1792, 64\)"),
        (_lose_tensor, "cannot be read"),
        (_text_tensor, "not float"),
        (lambda file: file.attrs.__delitem__("layer_names"), "not a Keras 2 weights file"),
    ],
)
def test_a_wrong_file_is_told(model, published, tmp_path, change, message):
    damaged = _damage(published, tmp_path / "damaged.h5", change)
    with pytest.raises(FacenetFileError, match=message):
        facenet.load_weights(model, damaged)
    damaged.unlink()


@pytest.mark.parametrize("content", [b"", b"not HDF5", b"\x89HDF\r\n\x1a\n" + bytes(100)])
def test_a_file_that_is_no_hdf5_is_told(model, tmp_path, content):
    path = tmp_path / "weights.h5"
    path.write_bytes(content)
    with pytest.raises(FacenetFileError, match="cannot be read"):
        facenet.load_weights(model, path)


def test_standardised_pictures_have_mean_zero_and_deviation_one():
    rng = np.random.default_rng(1)
    pictures = rng.integers(0, 256, (3, 160, 160, 3), dtype=np.uint8)
    pictures[1] //= 4
    prepared = facenet.prepare_standardised(pictures)
    np.testing.assert_allclose(prepared.mean((1, 2, 3)), 0, atol=1e-4)
    np.testing.assert_allclose(prepared.std((1, 2, 3)), 1, atol=1e-4)


def test_an_even_picture_is_standardised_to_zero():
    even = np.full((1, 160, 160, 3), 200, np.uint8)
    np.testing.assert_allclose(facenet.prepare_standardised(even), 0, atol=0.1)


def test_without_its_normalisations_the_network_encodes_the_same(model, published):
    facenet.load_weights(model, published)
    lean = facenet.fold(model)
    assert not any("BatchNorm" in layer.name for layer in lean.layers)
    noise = np.random.default_rng(4).integers(0, 256, (3, 160, 160, 3), dtype=np.uint8)
    prepared = facenet.prepare_fixed(noise)
    expected = np.asarray(model(prepared, training=False))
    found = np.asarray(lean(prepared, training=False))
    assert np.abs(found - expected).max() < 1e-4 * np.abs(expected).max()
    # The network itself is left as it was.
    np.testing.assert_array_equal(np.asarray(model(prepared, training=False)), expected)


def test_many_faces_are_encoded_as_each_alone(published):
    encoder = make(BY_NAME["facenet-128"], published, "/CPU:0")
    crops = np.random.default_rng(6).integers(0, 256, (BATCH + 1, 160, 160, 3), dtype=np.uint8)
    together = encoder.encode(crops)
    assert together.shape == (BATCH + 1, 128)
    for index in (0, BATCH - 1, BATCH):
        np.testing.assert_allclose(encoder.encode(crops[[index]])[0], together[index], atol=1e-5)
