"""Verification as binary classification, and its tab."""

from __future__ import annotations

import gradio as gr
import numpy as np
import pytest

from host import UserError
from plugins.face.learning import LabelledData, Working, digits, pairs_tab
from plugins.face.learning.pair_classifier import (
    balanced_pairs,
    chi_square,
    classify_pairs,
    differences,
)


@pytest.fixture(scope="module")
def report():
    return classify_pairs(digits(), seed=0)


def test_the_features_are_those_of_the_formulas() -> None:
    one, other = np.array([[3.0, -1.0, 0.0]]), np.array([[1.0, 1.0, 0.0]])
    np.testing.assert_allclose(differences(one, other), [[2, 2, 0]])
    np.testing.assert_allclose(chi_square(one, other), [[1, 2, 0]])  # 0 / 0 counts as 0
    np.testing.assert_array_equal(chi_square(one, other), chi_square(other, one))


def test_half_of_the_pairs_are_same_and_none_comes_twice() -> None:
    labels = np.repeat(np.arange(6), [2, 3, 4, 5, 6, 7])
    first, second, same = balanced_pairs(labels, np.array([1, 3, 5]), np.random.default_rng(0))
    assert same.mean() == 0.5
    np.testing.assert_array_equal(labels[first] == labels[second], same)
    assert set(labels[first]) | set(labels[second]) == {1, 3, 5}
    assert len({frozenset(pair) for pair in zip(first, second, strict=True)}) == len(first)
    assert (first != second).all()


def test_all_three_are_judged_on_people_never_trained_on(report) -> None:
    assert [m.name for m in report.methods] == ["|difference|", "chi-square", "distance alone"]
    assert len(report.held_out) == 3
    assert not set(report.held_out) & set(report.trained)
    for method in report.methods:
        assert 0.6 < method.accuracy < 1
        assert 0.6 < method.auc < 1
        assert len(method.far) == len(method.tar) <= 200
        assert (np.diff(method.far) >= 0).all()
        assert (np.diff(method.tar) >= 0).all()
        assert (method.far[-1], method.tar[-1]) == (1, 1)
        # The points drawn are the curve whose area is told.
        area = np.sum(np.diff(method.far) * (method.tar[1:] + method.tar[:-1]) / 2)
        assert area == pytest.approx(method.auc, abs=0.02)
    assert [m.weights is not None for m in report.methods] == [True, True, False]


def test_what_tells_people_apart_gets_the_weight() -> None:
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(30), 5)
    tells = random.normal(size=(30, 1))[labels] + 0.05 * random.normal(size=(150, 1))
    inputs = np.concatenate([tells, random.normal(size=(150, 3))], axis=1).astype(np.float32)
    data = LabelledData(inputs, labels, tuple(map(str, range(30))), "encodings", "offline")
    weighted, _, plain = classify_pairs(data, seed=0).methods
    assert np.abs(weighted.weights).argmax() == 0
    assert weighted.weights[0] < -0.3  # far apart speaks for different people
    assert weighted.auc > plain.auc + 0.1


def test_one_person_is_too_few() -> None:
    data = digits()
    with pytest.raises(UserError, match="at least 4 people"):
        classify_pairs(data.take(np.flatnonzero(data.labels == 3)), seed=0)


class Direct:
    def __init__(self) -> None:
        self.asked: list[tuple] = []

    def classify_pairs(self, archive, model, seed):
        self.asked.append((archive, model, seed))
        yield Working("Reading the pictures.")
        yield classify_pairs(digits(), seed)

    def cancel(self, *methods: str) -> None: ...


@pytest.fixture
def tab():
    backend = Direct()
    with gr.Blocks() as page:
        pairs_tab.build(backend, gr.Dropdown(["auto", "offline"]))
    public = [fn for fn in page.fns.values() if fn.api_visibility == "public"]
    assert [fn.api_name for fn in public] == ["face_classify_pairs"]
    return backend, public[0].fn


def test_the_tab_shows_figures_curves_and_weights(tab, report) -> None:
    backend, classify = tab
    first, (line, table, roc, weights) = classify("digits", None, 0.0, "offline")
    assert first[0] == "Reading the pictures."
    assert backend.asked == [(None, "offline", 0)]
    assert f"{report.tested_pairs:,} pairs of 3 others" in line
    assert all(f"<td>{m.name}</td>" in table for m in report.methods)
    assert all(f"<td>{m.auc:.4f}</td>" in table for m in report.methods)
    assert roc["by"].nunique() == 3
    assert weights.groupby("of").size().to_dict() == {"|difference|": 64, "chi-square": 64}


def test_the_tab_passes_the_zip_on_and_auto_as_the_backends_choice(tab, tmp_path) -> None:
    backend, classify = tab
    (tmp_path / "people.zip").write_bytes(b"PK")
    list(classify("people", str(tmp_path / "people.zip"), 3, "auto"))
    assert backend.asked == [(b"PK", None, 3)]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("people", None), "add a zip"),
        (("digits", None, -1), "seed must be"),
        (("digits", None, float("nan")), "seed must be"),
        (("digits", None, None), "seed must be"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(tab, arguments, sentence) -> None:
    with pytest.raises(UserError, match=sentence):
        list(tab[1](*arguments))
