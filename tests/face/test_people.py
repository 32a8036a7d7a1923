"""What is learned and measured from a visitor's zip, through the backend's own methods."""

from __future__ import annotations

import io
import json
import zipfile

import numpy as np
import pytest

from host import UserError
from host.images import to_png
from plugins.face.evaluation.zip_file import Evaluation
from plugins.face.learning import Head, TripletSettings, Working

SHORT = TripletSettings(steps=10, people_per_batch=4, pictures_per_person=2)


@pytest.fixture(scope="module")
def archive(portraits):
    """Six "people": the three drawn ones, each once upright and once mirrored."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name in ("anna", "bruno", "clara"):
            for number in (1, 2):
                picture = portraits[f"{name}_{number}"]
                file.writestr(f"{name}/{number}.png", to_png(picture))
                file.writestr(f"{name} mirrored/{number}.png", to_png(picture[:, ::-1]))
    return out.getvalue()


def last(steps):
    *_, final = steps
    return final


@pytest.mark.parametrize("kind", ["head", "encoder"])
def test_learning_from_a_zip(backend, archive, kind):
    steps = list(backend.learn(archive, kind, SHORT))
    assert isinstance(steps[0], Working)
    assert "Reading the zip" in steps[0].text
    final = steps[-1]
    assert final.step == 10
    assert len(set(final.snapshot.names)) == 6
    assert final.snapshot.held_out.any()
    head = final.snapshot.head
    if kind == "encoder":
        assert head is None
    else:
        assert isinstance(head, Head)
        assert head.model == "offline"
        assert head.weights.shape == (128, 32)


def test_a_learned_head_is_used_by_verify(backend, archive, portraits):
    head = last(backend.learn(archive, "head", SHORT)).snapshot.head
    pair = [portraits["anna_1"]], [portraits["anna_2"]]
    (result,) = backend.verify(*pair, head=head)
    assert result.threshold == head.threshold
    np.testing.assert_allclose(np.linalg.norm(result.first_encoding), 1, atol=1e-5)
    with pytest.raises(UserError, match="choose that model"):
        foreign = Head("facenet-512", head.weights, head.bias, 1.0, "foreign")
        backend.verify(*pair, head=foreign)


def test_a_classifier_and_pairs_from_a_zip(backend, archive):
    compared = last(backend.compare_with_softmax(archive, "head", SHORT)).comparison
    assert len(compared.trained) + len(compared.people) == 6
    report = last(backend.classify_pairs(archive))
    assert len(report.methods) == 3


def test_evaluating_a_zip(backend, archive):
    final = last(backend.evaluate(archive))
    assert isinstance(final, Evaluation)
    assert final.report.pairs == 12 * 11 // 2
    assert final.report.failures == 0
    assert json.loads(final.report.to_json())["model"] == "offline"
    for picture in (final.roc, final.distances, final.worst):
        assert picture.dtype == np.uint8
        assert picture.shape[2] == 3


def test_too_few_people_and_no_faces_are_told(backend, portraits):
    def packed(**files):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as file:
            for name, picture in files.items():
                file.writestr(f"{name}/1.png", to_png(picture))
        return out.getvalue()

    blank = packed(nobody=np.full((90, 90, 3), 90, np.uint8))
    single = packed(anna=portraits["anna_1"], bruno=portraits["bruno_1"])
    for call in (backend.learn, backend.evaluate, backend.classify_pairs):
        with pytest.raises(UserError, match="No face was found in any picture"):
            last(call(blank))
    with pytest.raises(UserError, match="at least 4 people"):
        last(backend.learn(single, "head", SHORT))
    with pytest.raises(UserError, match="no two pictures of one person"):
        last(backend.evaluate(single))
    with pytest.raises(UserError, match="no 'decoder' to train"):
        last(backend.learn(single, "decoder", SHORT))
