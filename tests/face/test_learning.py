"""Learning a metric: losses and choices against brute force, training, and the tab."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from itertools import combinations, islice, product

import gradio as gr
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from host import UserError
from plugins.face.learning import (
    Head,
    LabelledData,
    TripletSettings,
    TripletStep,
    Working,
    digits,
    tab,
)
from plugins.face.learning.augmentation import distort, more_classes
from plugins.face.learning.batches import people_batches
from plugins.face.learning.comparison import compare_with_softmax
from plugins.face.learning.data import split
from plugins.face.learning.head import principal_directions
from plugins.face.learning.scoring import pair_distances, plane
from plugins.face.learning.training import train
from plugins.face.learning.triplets import select, squared_distances, triplet_losses
from plugins.face.learning.view import COLOURED, map_frame, plain

QUICK = TripletSettings(steps=20, people_per_batch=4, pictures_per_person=4, dimensions=8)


def blobs(people: int = 8, pictures: int = 6, width: int = 12, seed: int = 0) -> LabelledData:
    """Encodings whose first half tells people apart; the other half is louder noise."""
    random = np.random.default_rng(seed)
    labels = np.repeat(np.arange(people), pictures)
    centres = random.normal(size=(people, width // 2))
    tells = centres[labels] + 0.2 * random.normal(size=(len(labels), width // 2))
    noise = 2 * random.normal(size=(len(labels), width - width // 2))
    inputs = np.concatenate([tells, noise], axis=1).astype(np.float32)
    return LabelledData(
        inputs, labels, tuple(f"P{n}" for n in range(people)), "encodings", "offline"
    )


@pytest.fixture(scope="module")
def digit_run() -> list[TripletStep]:
    return list(train(digits(), TripletSettings()))


# The loss and the choice of triplets

batches = st.integers(0, 10_000).map(np.random.default_rng)


def _batch(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    labels = np.concatenate([[0, 1, 1], random.integers(0, 4, random.integers(1, 10))])
    vectors = random.normal(size=(len(labels), 3)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True), labels


@settings(max_examples=40, deadline=None)
@given(batches, st.sampled_from(["semi-hard", "hardest", "random"]))
def test_each_pair_gets_the_negative_that_brute_force_finds(random, mining) -> None:
    vectors, labels = _batch(random)
    squared = squared_distances(tf.constant(vectors))
    chosen = select(squared, tf.constant(labels), mining, tf.constant([1, 2], tf.int64))
    found = list(zip(*(part.numpy().tolist() for part in chosen), strict=True))
    d = squared.numpy()
    everyone = range(len(labels))
    pairs = [(a, p) for a, p in product(everyone, everyone) if a != p and labels[a] == labels[p]]
    assert [(a, p) for a, p, _ in found] == pairs
    for a, p, n in found:
        negatives = [x for x in everyone if labels[x] != labels[a]]
        assert n in negatives
        if mining == "hardest":
            assert d[a, n] == min(d[a, x] for x in negatives)
        if mining == "semi-hard":
            beyond = [d[a, x] for x in negatives if d[a, x] > d[a, p]]
            assert d[a, n] == (min(beyond) if beyond else max(d[a, x] for x in negatives))


@settings(max_examples=30, deadline=None)
@given(batches, st.floats(0.01, 2))
def test_the_loss_is_equation_3(random, margin) -> None:
    vectors, labels = _batch(random)
    squared = squared_distances(tf.constant(vectors))
    triplets = select(squared, tf.constant(labels), "random", tf.constant([3, 4], tf.int64))
    losses, positive, negative = (
        part.numpy() for part in triplet_losses(tf.constant(vectors), triplets, margin)
    )
    f = vectors.astype(np.float64)
    for t, (a, p, n) in enumerate(zip(*(part.numpy() for part in triplets), strict=True)):
        near, far = ((f[a] - f[p]) ** 2).sum(), ((f[a] - f[n]) ** 2).sum()
        assert positive[t] == pytest.approx(near, abs=1e-5)
        assert negative[t] == pytest.approx(far, abs=1e-5)
        assert losses[t] == pytest.approx(max(near - far + margin, 0), abs=1e-5)


def test_random_negatives_differ_from_step_to_step_and_not_from_run_to_run() -> None:
    vectors, labels = np.eye(12, dtype=np.float32), np.repeat([0, 1, 2], 4)
    squared = squared_distances(tf.constant(vectors))

    def negatives(step: int) -> list[int]:
        seed = tf.constant([0, step], tf.int64)
        return select(squared, tf.constant(labels), "random", seed).negatives.numpy().tolist()

    assert negatives(1) == negatives(1)
    assert negatives(1) != negatives(2)
    seen = set(np.concatenate([negatives(step)[:1] for step in range(60)]).tolist())
    assert seen == set(range(4, 12))


def test_batches_hold_different_pictures_of_different_people() -> None:
    labels = np.array([0, 0, 1, 1, 1, 1, 2, 2, 2, 5, 5, 5])
    for batch in islice(people_batches(labels, 3, 3, seed=0), 30):
        assert len(set(batch.tolist())) == len(batch)
        people, pictures = np.unique(labels[batch], return_counts=True)
        assert len(people) == 3
        assert all(pictures == [min(3, (labels == person).sum()) for person in people])
    everyone = next(people_batches(labels, 60, 30, seed=0))
    assert sorted(everyone.tolist()) == list(range(12))


# Data, heads and maps


@pytest.mark.parametrize(("share", "held"), [(0.1, 2), (0.3, 3), (0.5, 5), (0.8, 8)])
def test_a_share_of_the_people_is_held_out(share, held) -> None:
    people = split(digits(), share, seed=4)
    assert len(people.held_out) == held
    assert sorted([*people.trained, *people.held_out]) == list(range(10))


def test_two_people_are_left_to_learn_from_whatever_the_share() -> None:
    people = split(blobs(people=4), 0.8, seed=0)
    assert (len(people.trained), len(people.held_out)) == (2, 2)


def test_people_with_one_picture_take_no_part_and_too_few_are_told() -> None:
    data = blobs(people=5, pictures=3)
    lonely = data.take(np.r_[0:12, 12])
    people = split(lonely, 0.5, 0)
    assert 4 not in {*people.trained, *people.held_out}
    with pytest.raises(UserError, match=r"at least 4 people with at least 2 .* here are 3\."):
        split(data.take(np.r_[0:9, 9, 12]), 0.5, 0)
    one = replace(data, labels=np.zeros(15, int))
    with pytest.raises(UserError, match=r"here is 1\."):
        list(train(one, QUICK))
    with pytest.raises(UserError, match=r"here is 1\."):
        list(compare_with_softmax(one, QUICK))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"steps": 0}, "number of steps must be a whole number between 1 and 5,000"),
        ({"steps": 2.5}, "whole number"),
        ({"margin": float("nan")}, "margin must be a number"),
        ({"margin": 0.0}, "margin must be a number between"),
        ({"margin": "wide"}, "margin must be a number"),
        ({"mining": "lazy"}, "semi-hard, random, hardest"),
        ({"dimensions": 1}, "dimensions must be a whole number between"),
        ({"people_per_batch": 1}, "People in a batch"),
        ({"pictures_per_person": None}, "whole number"),
        ({"people_per_batch": 64, "pictures_per_person": 32}, "too large"),
        ({"learning_rate": float("inf")}, "learning rate must be a number"),
        ({"hold_out": 1.0}, "held out must be a number between"),
        ({"seed": -1}, "seed must be a whole number between"),
    ],
)
def test_a_value_out_of_range_is_a_sentence(wrong, sentence) -> None:
    with pytest.raises(UserError, match=sentence):
        TripletSettings(**wrong).checked()


def test_the_principal_directions_only_turn_the_space() -> None:
    data = blobs()
    turn = principal_directions(data.inputs, 12)
    np.testing.assert_allclose(turn.T @ turn, np.eye(12), atol=1e-5)
    for one, other in zip(
        pair_distances(data.inputs, data.labels),
        pair_distances(data.inputs @ turn, data.labels),
        strict=True,
    ):
        np.testing.assert_allclose(one, other, rtol=1e-4)


def test_the_map_keeps_distances_that_lie_in_a_plane() -> None:
    random = np.random.default_rng(0)
    flat = random.normal(size=(20, 2)) @ np.linalg.qr(random.normal(size=(7, 2)))[0].T
    labels = np.zeros(20, int)
    np.testing.assert_allclose(
        pair_distances(plane(flat), labels)[0], pair_distances(flat, labels)[0], rtol=1e-4
    )


def test_a_head_refuses_the_encodings_of_another_model() -> None:
    head = Head("offline", np.eye(12, 4, dtype=np.float32), np.zeros(4, np.float32), 0.5, "x")
    assert np.linalg.norm(head.encode(blobs().inputs), axis=1) == pytest.approx(1, abs=1e-5)
    with pytest.raises(UserError, match="another face model"):
        head.encode(np.zeros((2, 512), np.float32))


# Training


def test_turned_digits_are_classes_of_their_own() -> None:
    data = digits().take(np.arange(40))
    more = more_classes(data)
    assert len(np.unique(more.labels)) == 8 * len(np.unique(data.labels))
    np.testing.assert_array_equal(more.inputs[:40], data.inputs)
    views = more.inputs.reshape(8, 40, 8, 8)
    for view, other in combinations(range(8), 2):
        assert (views[view] != views[other]).any()
    people = blobs()
    assert more_classes(people) is people


def test_a_distorted_picture_keeps_its_range_and_mostly_its_place() -> None:
    seed = tf.constant([0, 1], tf.int64)
    digit = digits().inputs[:50]
    moved = distort(tf.constant(digit), "digits", seed).numpy()
    for one, other in zip(digit, moved, strict=True):
        padded = np.pad(one, ((1, 1), (1, 1), (0, 0)))
        shifts = product(range(3), range(3))
        assert any((padded[y : y + 8, x : x + 8] == other).all() for y, x in shifts)
    spot = np.zeros((200, 64, 64, 1), np.float32)
    spot[:, 28:36, 8:16] = 1
    moved = distort(tf.constant(spot), "crops", seed).numpy()
    assert moved.min() >= 0
    assert moved.max() <= 1
    columns = (moved.sum((1, 3)) * np.arange(64)).sum(1) / moved.sum((1, 2, 3))
    assert 0.3 < (columns > 32).mean() < 0.7  # mirrored
    assert np.abs(np.minimum(columns, 63 - columns) - 11.5).max() < 14


def test_a_run_reports_from_its_first_step_to_its_last(digit_run) -> None:
    assert [s.step for s in digit_run] == sorted({s.step for s in digit_run})
    assert (digit_run[0].step, digit_run[-1].step) == (0, 300)
    assert digit_run[0].raw is not None
    assert digit_run[0].snapshot is not None
    final = digit_run[-1].snapshot
    assert final is not None
    assert final.head is None  # there is no face model under pixels
    assert final.points.shape == (len(final.labels), 2)
    assert len(final.labels) <= 600
    assert not set(final.labels[final.held_out]) & set(final.labels[~final.held_out])
    # The digits held out by seed 0 are told apart better than by their pixels.
    assert final.verification.auc > digit_run[0].raw.verification.auc + 0.02
    for step in digit_run[1:]:
        assert 0 <= step.active <= 1
        assert 0 <= step.positive <= 2
        assert 0 <= step.negative <= 2


def test_a_head_learns_what_tells_people_apart() -> None:
    data = blobs(people=24)
    first, *_, last = train(data, TripletSettings(seed=1, steps=200, dimensions=8))
    raw, learned = first.raw.verification, last.snapshot.verification
    assert learned.auc > raw.auc + 0.1
    assert learned.eer < raw.eer - 0.1
    assert learned.accuracy >= learned.accuracy_transferred
    head = last.snapshot.head
    assert (head.model, head.weights.shape, head.bias.shape) == ("offline", (12, 8), (8,))
    held = np.isin(data.labels, np.unique(last.snapshot.labels[last.snapshot.held_out]))
    same, different = pair_distances(head.encode(data.inputs[held]), data.labels[held])
    assert learned.accuracy_transferred == pytest.approx(
        ((same <= head.threshold).mean() + (different > head.threshold).mean()) / 2, abs=0.01
    )


def test_small_pictures_and_few_of_them_train_an_encoder() -> None:
    random = np.random.default_rng(0)
    crops = random.random((9, 64, 64, 1), np.float32)
    data = LabelledData(crops, np.repeat([0, 1, 2, 3], [2, 2, 2, 3]), tuple("abcd"), "crops")
    *_, last = train(data, TripletSettings(steps=3))
    assert last.snapshot.verification.tar_at_far_1e_2 is None
    assert np.isfinite(last.snapshot.points).all()


def test_the_seed_decides_the_run() -> None:
    def loss(seed: int) -> float:
        *_, last = train(blobs(), replace(QUICK, seed=seed, mining="random"))
        return last.loss

    assert loss(1) == pytest.approx(loss(1), rel=1e-4)
    assert loss(1) != pytest.approx(loss(2), rel=1e-4)


def test_a_classifier_must_misname_new_people_and_the_encoder_enrols_them() -> None:
    *steps, last = compare_with_softmax(blobs(people=24), TripletSettings(steps=200, dimensions=8))
    assert {step.training for step in steps} == {"encoder", "classifier"}
    found = last.comparison
    assert found.ways == 24
    assert {p.called for p in found.people} <= set(found.trained)
    assert not {p.name for p in found.people} & set(found.trained)
    assert found.confidence > 2 / 17  # surer than a guess among those it knows
    assert found.one_shot > 4 / 24
    assert found.one_shot_accepted <= found.one_shot
    assert 0 <= found.refused <= 1


# The tab


class Direct:
    """The backend's three methods over the package, in this process."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.asked: list[tuple] = []
        self._stop_after = stop_after

    def _data(self, archive: bytes | None) -> LabelledData:
        return digits() if archive is None else blobs()

    def learn(self, archive, kind, settings, model):
        self.asked.append((archive, kind, settings, model))
        yield Working("Reading the pictures.")
        yield from islice(train(self._data(archive), settings), self._stop_after)

    def compare_with_softmax(self, archive, kind, settings, model):
        self.asked.append((archive, kind, settings, model))
        yield Working("Reading the pictures.")
        yield from islice(compare_with_softmax(self._data(archive), settings), self._stop_after)

    def cancel(self, *methods: str) -> None: ...


def events(backend: Direct) -> dict[str, gr.blocks.BlockFunction]:
    with gr.Blocks() as page:
        model, head = gr.Dropdown([("Auto", "auto"), ("Offline", "offline")]), gr.State(None)
        tab.build(backend, model, head, gr.Checkbox())
    return {
        fn.api_name: fn
        for fn in page.fns.values()
        if isinstance(fn.api_name, str) and fn.api_visibility == "public"
    }


@pytest.fixture
def people_zip(tmp_path) -> str:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a/1.txt", "x")
    (tmp_path / "people.zip").write_bytes(buffer.getvalue())
    return str(tmp_path / "people.zip")


CHOICES = (0.5, "random", 12.0, 6.0, 4.0, 3.0, 0.01, 0.4, 9.0)
"""margin, mining, steps, dimensions, people, pictures, rate, share held out, seed."""


def test_two_events_are_published_with_their_parameters() -> None:
    public = events(Direct())
    assert set(public) == {"face_learn", "face_compare"}
    for fn in public.values():
        assert fn.fn.__doc__
        names = fn.fn.__code__.co_varnames[: fn.fn.__code__.co_argcount]
        assert len(names) == len(fn.inputs) == 13


@pytest.mark.parametrize("name", ["face_learn", "face_compare"])
def test_every_control_reaches_the_backend(name, people_zip) -> None:
    backend = Direct()
    list(events(backend)[name].fn("people", people_zip, "encoder", *CHOICES, "offline"))
    archive, kind, settings, model = backend.asked[0]
    assert archive[:2] == b"PK"
    assert (kind, model) == ("encoder", "offline")
    assert settings == TripletSettings(0.5, "random", 12, 6, 4, 3, 0.01, 0.4, 9)


def test_a_run_ends_with_maps_figures_and_a_head_for_verify(people_zip) -> None:
    learn = events(Direct())["face_learn"].fn
    first, *_, last = learn("people", people_zip, "head", *CHOICES, "auto")
    assert first[0] == "Reading the pictures."
    status, losses, distances, before, after, table, head = last
    assert "Done" in status
    assert "Never trained on: P" in status
    assert losses["step"].max() == distances["step"].max() == 12
    assert set(before.columns) >= {"x", "y", "who", "held out"}
    assert after["held out"].value_counts().to_dict() == {"no": 30, "yes": 18}
    assert (
        table.index("inputs as they are") < table.index("network before") < table.index("learned")
    )
    used, sentence, ticked = tab.hand_over(head)
    assert ticked
    assert used is head
    assert "Verify now uses this head" in sentence


def test_stopping_keeps_the_map_and_the_head(people_zip) -> None:
    learn = events(Direct(stop_after=2))["face_learn"].fn
    *_, last = learn("people", people_zip, "head", 0.2, "semi-hard", 5000)
    assert "Stopped" in last[0]
    assert last[4] is not None
    assert last[6].model == "offline"
    with pytest.raises(UserError, match="Stopped before the first step"):
        list(events(Direct(stop_after=0))["face_learn"].fn("digits"))


def test_a_comparison_ends_with_both_side_by_side() -> None:
    compare = events(Direct())["face_compare"].fn
    first, *_, last = compare("digits", None, "head", *CHOICES[:2], 30)
    assert first == "Reading the pictures."
    assert "classifier (softmax) | encoder (triplets)" in last
    assert "one-shot" in last
    *_, stopped = events(Direct(stop_after=2))["face_compare"].fn("digits")
    assert "Stopped" in stopped


def test_digits_have_no_head_to_use() -> None:
    with pytest.raises(UserError, match="no head yet"):
        tab.hand_over(None)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("people", None), "add a zip"),
        (("people", "/nowhere/x.zip"), "upload it again"),
        (("birds", None), "Learn from"),
        (("digits", None, "head", float("nan")), "margin must be a number"),
        (("digits", None, "head", 0.2, "semi-hard", 0), "steps must be a whole number between"),
    ],
)
@pytest.mark.parametrize("name", ["face_learn", "face_compare"])
def test_what_cannot_be_done_is_a_sentence(name, arguments, sentence) -> None:
    with pytest.raises(UserError, match=sentence):
        list(events(Direct())[name].fn(*arguments))


def test_of_many_people_only_the_new_ones_are_coloured() -> None:
    first = next(train(blobs(people=30), QUICK))
    frame = map_frame(first.raw)
    assert "trained on" in set(frame["colour"])
    assert frame["colour"].nunique() <= COLOURED
    assert frame["who"].nunique() == 30


def test_names_cannot_write_markdown() -> None:
    assert plain("a|b<c>*") == "a\\|b\\<c\\>\\*"
