"""The parser of dlib's file and the network built from it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.face import dlib_resnet
from plugins.face.dlib_resnet import DlibFileError, parse


@pytest.fixture(scope="module")
def data() -> bytes:
    path = dlib_resnet.bundled_file()
    assert path is not None, "face_recognition_models is a requirement"
    return path.read_bytes()


@pytest.fixture(scope="module")
def network():
    return dlib_resnet.load(dlib_resnet.bundled_file())


def synthetic_faces() -> np.ndarray:
    """Two deterministic pictures: waves, and noise."""
    y, x = np.mgrid[0:150, 0:150]
    waves = np.stack(
        [
            128 + 100 * np.sin(x / 9 + y / 17),
            128 + 90 * np.cos(x / 23 - y / 11),
            128 + 80 * np.sin((x - 75) ** 2 / 900 + (y - 75) ** 2 / 700),
        ],
        -1,
    )
    noise = np.random.default_rng(0).integers(0, 256, (150, 150, 3), dtype=np.uint8)
    return np.stack([waves.round().clip(0, 255).astype(np.uint8), noise])


def test_encodings_are_those_of_dlib_itself(network):
    # First eight of dlib 20.0.1's face_recognition_model_v1.compute_face_descriptor(picture) for
    # the same two pictures; over all 128 the largest difference was 3e-7.
    expected = [
        [-0.05104, 0.13631, 0.06627, -0.05650, -0.08244, -0.03050, -0.07325, -0.01073],
        [-0.09219, 0.08417, 0.04316, -0.01174, -0.15688, -0.06621, -0.03829, -0.11147],
    ]
    encodings = np.asarray(network(dlib_resnet.prepare(synthetic_faces()), training=False))
    assert encodings.shape == (2, 128)
    np.testing.assert_allclose(encodings[:, :8], expected, atol=2e-5)


def test_every_tensor_has_the_size_of_the_architecture(data):
    weights = parse(data)
    assert len(weights) == 4 * 29 + 1
    assert weights[0].shape == (7, 7, 3, 32)
    assert weights[-1].shape == (256, 128)
    assert all(tensor.dtype == np.float32 for tensor in weights)


@given(share=st.floats(0, 1, exclude_max=True))
@settings(max_examples=30, deadline=None)
def test_a_truncated_file_is_an_error(data, share):
    with pytest.raises(DlibFileError):
        parse(data[: int(share * len(data))])


@given(extra=st.binary(min_size=1, max_size=20))
@settings(max_examples=5, deadline=None)
def test_a_longer_file_is_an_error(data, extra):
    with pytest.raises(DlibFileError, match="too many"):
        parse(data + extra)


@given(junk=st.binary(max_size=400))
@settings(max_examples=200, deadline=None)
def test_junk_is_an_error(junk):
    with pytest.raises(DlibFileError):
        parse(junk)


@given(position=st.integers(0, 340), value=st.integers(0, 255))
@settings(max_examples=40, deadline=None)
def test_a_change_in_the_header_is_an_error_or_without_effect(data, position, value):
    changed = data[:position] + bytes([value]) + data[position + 1 :]
    try:
        weights = parse(changed)
    except DlibFileError:
        return
    # Only the training's own constants and the last digits of the means may differ unnoticed.
    assert len(weights) == 117


@given(position=st.integers(0, 22_466_000), value=st.binary(min_size=1, max_size=9))
@settings(max_examples=20, deadline=None)
def test_a_change_anywhere_never_yields_another_network(data, position, value):
    changed = data[:position] + value + data[position + len(value) :]
    try:
        weights = parse(changed)
    except DlibFileError:
        return
    assert len(weights) == 117
    assert all(np.isfinite(tensor).all() for tensor in weights)


def test_the_package_is_found_without_importing_it():
    import sys

    assert dlib_resnet.bundled_file().name == dlib_resnet.FILE_NAME
    assert "face_recognition_models" not in sys.modules
