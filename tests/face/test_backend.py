"""What a visitor gets: detection, verification and the choice of the model."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from host import Device, UserError
from host.testing import backend_context
from plugins.face import dlib_resnet
from plugins.face.backend import FaceBackend
from plugins.face.detector import Detector
from plugins.face.encoders import make
from plugins.face.models import BY_NAME, MODELS


def verify(backend, first, second, **options):
    (result,) = backend.verify([first], [second], **options)
    return result


def find(backend, image):
    (faces,) = backend.detect([image])
    return faces


GREY = np.full((300, 300, 3), 127, np.uint8)


@pytest.mark.parametrize("name", ["anna", "bruno", "clara"])
def test_one_person_in_two_pictures_is_the_same(backend, portraits, name):
    result = verify(backend, portraits[f"{name}_1"], portraits[f"{name}_2"])
    assert result.same
    assert result.distance < result.threshold
    assert result.probability > 0.9
    assert result.model == "offline"
    assert result.notes == ()


def test_two_people_are_different(backend, portraits):
    result = verify(backend, portraits["anna_2"], portraits["bruno_1"])
    assert not result.same
    assert result.probability < 0.1


def test_the_order_of_the_pictures_does_not_matter(backend, portraits):
    one = verify(backend, portraits["anna_1"], portraits["bruno_1"])
    two = verify(backend, portraits["bruno_1"], portraits["anna_1"])
    assert one.distance == pytest.approx(two.distance, abs=1e-4)


def test_the_threshold_decides(backend, portraits):
    pair = portraits["anna_1"], portraits["anna_2"]
    distance = verify(backend, *pair).distance
    assert verify(backend, *pair, threshold=distance + 0.01).same
    strict = verify(backend, *pair, threshold=distance - 0.01)
    assert not strict.same
    assert strict.threshold == pytest.approx(distance - 0.01)


@pytest.mark.parametrize("threshold", [float("nan"), float("inf"), -0.1, "strict", [0.6], 10**400])
def test_a_threshold_that_is_none_is_told(backend, portraits, threshold):
    with pytest.raises(UserError, match="from 0 up"):
        verify(backend, portraits["anna_1"], portraits["anna_2"], threshold=threshold)


def test_the_pictures_come_back_marked_and_the_crops_aligned(backend, portraits):
    result = verify(backend, portraits["anna_1"], portraits["bruno_1"])
    assert result.first.shape == portraits["anna_1"].shape
    changed = (result.first != portraits["anna_1"]).any(-1).mean()
    assert 0.005 < changed < 0.2
    assert result.first_crop.shape == result.second_crop.shape == (150, 150, 3)


@pytest.mark.parametrize("angle", [-15, 15])
def test_a_tilted_head_is_still_the_same_person(backend, portraits, angle):
    upright = portraits["clara_1"]
    tilted = np.asarray(
        Image.fromarray(upright).rotate(angle, Image.Resampling.BICUBIC, fillcolor=(90, 110, 90))
    )
    assert verify(backend, upright, tilted).same


@pytest.mark.parametrize("factor", [0.3, 4.0])
def test_the_size_of_the_picture_does_not_matter(backend, portraits, factor):
    image = Image.fromarray(portraits["anna_1"])
    size = (round(image.width * factor), round(image.height * factor))
    resized = np.asarray(image.resize(size, Image.Resampling.LANCZOS))
    (face,) = find(backend, resized)
    (original,) = find(backend, portraits["anna_1"])
    np.testing.assert_allclose(face.landmarks / factor, original.landmarks, atol=0.05 * image.width)
    assert verify(backend, portraits["anna_1"], resized).distance < 0.3


def beside(big: np.ndarray, small: np.ndarray) -> np.ndarray:
    canvas = np.full((500, 700, 3), 120, np.uint8)
    canvas[40 : 40 + big.shape[0], 30 : 30 + big.shape[1]] = big
    reduced = np.asarray(Image.fromarray(small).reduce(2))
    canvas[200 : 200 + reduced.shape[0], 450 : 450 + reduced.shape[1]] = reduced
    return canvas


def test_of_several_faces_the_biggest_is_used_and_that_is_told(backend, portraits):
    group = beside(portraits["bruno_1"], portraits["anna_1"])
    faces = find(backend, group)
    assert len(faces) == 2
    assert faces[0].area > faces[1].area
    result = verify(backend, portraits["bruno_2"], group)
    assert result.same
    assert len(result.notes) == 1
    assert "second picture shows 2 faces" in result.notes[0]


def test_without_a_face_it_is_said_which_picture_lacks_one(backend, portraits):
    with pytest.raises(UserError, match="in the second picture"):
        verify(backend, portraits["anna_1"], GREY)
    with pytest.raises(UserError, match="in the first picture"):
        verify(backend, GREY, portraits["anna_1"])


@given(
    arrays(
        np.uint8,
        st.tuples(st.integers(1, 80), st.integers(1, 80), st.just(3)),
        elements=st.integers(0, 255),
    )
)
@settings(max_examples=25, deadline=None)
def test_any_picture_is_searched_without_failing(backend, image):
    for face in find(backend, image):
        left, top, right, bottom = face.box
        assert 0 <= left < right <= image.shape[1]
        assert 0 <= top < bottom <= image.shape[0]


@pytest.mark.parametrize("shape", [(1, 1), (12, 900), (900, 12), (13, 13), (700, 1000)])
def test_noise_of_any_shape_holds_no_sure_face(backend, shape):
    noise = np.random.default_rng(3).integers(0, 256, (*shape, 3), dtype=np.uint8)
    assert all(face.confidence < 0.999 for face in find(backend, noise))


def test_a_batch_gives_what_single_faces_give(backend, portraits):
    encoder = make(BY_NAME["offline"], dlib_resnet.bundled_file(), "/CPU:0")
    crops = [
        encoder.align(image, find(backend, image)[0]) for image in list(portraits.values())[:3]
    ]
    together = encoder.encode(np.stack(crops))
    assert together.shape == (3, BY_NAME["offline"].dimension)
    for crop, encoding in zip(crops, together, strict=True):
        np.testing.assert_allclose(encoder.encode(crop[None])[0], encoding, atol=1e-5)


def test_a_failure_of_the_search_is_not_taken_for_a_picture_without_faces(portraits):
    detector = Detector()

    def fail(**_):
        raise tf.errors.InvalidArgumentError(None, None, "broken")

    detector._stages[1] = fail
    with pytest.raises(tf.errors.InvalidArgumentError):
        detector.detect(portraits["anna_1"])


# Devices


@pytest.mark.skipif(
    bool(tf.config.list_physical_devices("GPU")), reason="TensorFlow sees a GPU here"
)
def test_a_promised_gpu_that_tensorflow_cannot_see_means_the_cpu(tmp_path, portraits):
    context = backend_context("face", tmp_path)
    backend = FaceBackend(dataclasses.replace(context, device=Device("cuda", 0, "NVIDIA H100")))
    assert backend.health()["device"].startswith("cpu (TensorFlow sees no GPU")
    assert verify(backend, portraits["anna_1"], portraits["anna_2"]).same


# Models


def test_offline_the_offline_model_is_the_active_one(backend):
    statuses = {status.name: status for status in backend.models()}
    assert list(statuses) == [model.name for model in MODELS]
    assert statuses["offline"].ready
    assert [name for name, status in statuses.items() if status.active] == ["offline"]
    assert not statuses["facenet-512"].ready
    assert "dlib" in backend.health()["model"]
    assert backend.health()["device"] == "cpu"


def test_a_model_without_weights_says_so(backend, portraits):
    with pytest.raises(UserError, match="not on this machine"):
        verify(backend, portraits["anna_1"], portraits["anna_2"], model="facenet-128")


def test_an_unknown_model_is_told(backend, portraits):
    with pytest.raises(UserError, match="no face model 'eigenfaces'"):
        verify(backend, portraits["anna_1"], portraits["anna_2"], model="eigenfaces")


def test_fetching_offline_says_what_to_do(backend):
    with pytest.raises(UserError, match="by hand") as refused:
        list(backend.fetch_weights("facenet-512"))
    assert "20180402-114759-weights.h5" in str(refused.value)


def test_there_is_nothing_to_fetch_for_the_offline_model(backend):
    with pytest.raises(UserError, match="nothing to download"):
        list(backend.fetch_weights("offline"))


def test_a_wrong_model_in_the_settings_stops_the_start(tmp_path):
    with pytest.raises(ValueError, match="none of facenet-512"):
        FaceBackend(backend_context("face", tmp_path, model="best of all"))


def test_a_wished_model_that_is_missing_is_told_at_the_call(tmp_path, portraits):
    backend = FaceBackend(backend_context("face", tmp_path, model="facenet-512"))
    with pytest.raises(UserError, match="not on this machine"):
        verify(backend, portraits["anna_1"], portraits["anna_2"])


@given(st.floats(0, 2), st.floats(0, 2))
def test_nearer_faces_are_likelier_the_same_person(near, far):
    near, far = sorted((near, far))
    model = BY_NAME["offline"]
    assert 0 <= model.probability(far) <= model.probability(near) <= 1
    assert model.probability(model.threshold) == pytest.approx(0.5)


def test_every_model_says_what_it_is():
    for model in MODELS:
        assert model.licence
        assert model.source
        assert "LFW" in model.quality
        assert 0 < model.threshold < model.furthest
