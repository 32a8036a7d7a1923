from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from host import UserError
from plugins.gan.evaluation import distances
from plugins.gan.evaluation.classifier import Classifier, classifier_steps, train_classifier
from plugins.gan.evaluation.coverage import precision_recall
from plugins.gan.evaluation.evaluate import evaluate, evaluate_steps
from plugins.gan.evaluation.memorisation import nearest
from plugins.gan.evaluation.results import Progress, Report
from plugins.gan.evaluation.words import report_html
from plugins.gan.pictures import bundled_digits

Digits = tuple[Tensor, Tensor]


@pytest.fixture(scope="module")
def thirds() -> tuple[Digits, Digits, Digits]:
    """Three disjoint thirds of the bundled digits: to learn from, unseen, and more unseen ones
    that stand for a perfect generator's."""
    pictures, labels = bundled_digits(16)
    order = torch.randperm(len(pictures), generator=torch.Generator().manual_seed(0))
    a, b, c = ((pictures[part], labels[part]) for part in order[:1797].chunk(3))
    return a, b, c


@pytest.fixture(scope="module")
def classifier(thirds: tuple[Digits, ...]) -> Classifier:
    return train_classifier(*thirds[0], seed=0)


@pytest.fixture(scope="module")
def perfect(classifier: Classifier, thirds: tuple[Digits, ...]) -> Report:
    train, held_out, generated = thirds
    return evaluate(classifier, *generated, *train, *held_out)


def test_the_frechet_distance_is_that_of_the_closed_form() -> None:
    """Between Gaussians with covariances that commute it is known exactly; here between samples
    scaled and shifted so that their means and deviations are exact."""
    random = torch.Generator().manual_seed(0)
    x = torch.randn(500, 6, generator=random, dtype=torch.float64)
    x = x - x.mean(0)
    x = x @ torch.linalg.inv(torch.linalg.cholesky(x.T @ x / 499)).T  # covariance: identity
    deviations = torch.tensor([0.5, 1.0, 2.0, 3.0, 0.1, 0.0], dtype=torch.float64)
    shift = torch.tensor([1.0, 0.0, -2.0, 0.0, 0.0, 0.5], dtype=torch.float64)
    expected = shift.square().sum() + (1 - deviations).square().sum()
    assert distances.frechet(x, x * deviations + shift) == pytest.approx(expected.item(), abs=1e-6)
    assert distances.frechet(x, x) == pytest.approx(0, abs=1e-6)


def test_the_kernel_distance_is_that_of_the_definition() -> None:
    x, y = np.random.default_rng(0).normal(size=(2, 40, 5))
    y = y + 0.5

    def k(a: np.ndarray, b: np.ndarray) -> float:
        return float((a @ b / 5 + 1) ** 3)

    pairs = [(i, j) for i in range(40) for j in range(40)]
    apart = [(i, j) for i, j in pairs if i != j]
    expected = (
        np.mean([k(x[i], x[j]) for i, j in apart])
        + np.mean([k(y[i], y[j]) for i, j in apart])
        - 2 * np.mean([k(x[i], y[j]) for i, j in pairs])
    )
    measured = distances.kernel(torch.from_numpy(x), torch.from_numpy(y))
    assert measured == pytest.approx(expected, abs=1e-9)


def test_the_kernel_distance_leaves_the_random_state_alone() -> None:
    before = torch.random.get_rng_state()
    distances.kernel(torch.rand(20, 3, generator=torch.Generator()), torch.zeros(20, 3))
    assert torch.equal(torch.random.get_rng_state(), before)


def test_precision_and_recall_of_points_on_a_line() -> None:
    real = torch.arange(20.0)[:, None]
    assert precision_recall(real, real + 0.5) == (1.0, 1.0)
    assert precision_recall(real, real + 1000) == (0.0, 0.0)
    half = torch.arange(0, 10, 0.5)[:, None]  # finer, but only the first half of the line
    precision, recall = precision_recall(real, half)
    assert precision == 1.0
    assert recall == pytest.approx(0.55, abs=0.05)
    wide = torch.arange(-20.0, 40.0, 3)[:, None]  # all of the line, and as much on both sides
    precision, recall = precision_recall(real, wide)
    assert precision == pytest.approx(0.4, abs=0.1)
    assert recall == 1.0


def test_a_classifier_learns_digits_it_has_not_seen(
    classifier: Classifier, thirds: tuple[Digits, ...]
) -> None:
    _, (pictures, labels), _ = thirds
    features, predicted = classifier.look(pictures)
    assert features.shape == (len(pictures), 64)
    assert (predicted == labels).float().mean() > 0.9


@pytest.mark.parametrize(("size", "channels"), [(16, 3), (28, 1), (64, 3)])
def test_a_classifier_without_labels_learns_turns(size: int, channels: int) -> None:
    """Pictures with an up and a down: bright at the top."""
    random = torch.Generator().manual_seed(0)
    ramp = torch.linspace(1, -1, size)[:, None].expand(size, size)
    noise = 0.3 * torch.randn(8, channels, size, size, generator=random)
    pictures = (ramp + noise).clamp(-1, 1)
    trained = None
    steps = classifier_steps(pictures, None, seed=0, epochs=1)
    fractions = []
    while trained is None:
        try:
            fractions.append(next(steps))
        except StopIteration as done:
            trained = done.value
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    for quarter in range(4):
        _, predicted = trained.look(pictures.rot90(quarter, (2, 3)))
        assert (predicted == quarter).float().mean() > 0.9


def test_the_same_seed_gives_the_same_classifier(thirds: tuple[Digits, ...]) -> None:
    pictures, labels = (part[:20] for part in thirds[0])
    one, same, other = (
        train_classifier(pictures, labels, seed).look(pictures)[0] for seed in (1, 1, 2)
    )
    torch.testing.assert_close(one, same, rtol=0.01, atol=0.01)
    assert (one - other).abs().mean() > 0.1


def test_real_pictures_are_near_the_floors(perfect: Report) -> None:
    assert perfect.frechet == pytest.approx(perfect.frechet_floor, rel=0.5)
    assert abs(perfect.kernel - perfect.kernel_floor) < 0.1
    assert perfect.precision == pytest.approx(perfect.precision_floor, abs=0.1)
    assert perfect.recall == pytest.approx(perfect.recall_floor, abs=0.1)
    assert perfect.accuracy is not None
    assert perfect.accuracy == pytest.approx(perfect.accuracy_real, abs=0.05)
    assert perfect.accuracy_worst_class is not None
    assert perfect.accuracy_worst_class <= perfect.accuracy
    assert perfect.variance_ratio == pytest.approx(1, abs=0.15)
    assert perfect.nearest == pytest.approx(perfect.nearest_floor, rel=0.1)
    assert perfect.copies < 0.05
    assert (perfect.generated, perfect.train, perfect.held_out) == (599, 599, 599)
    assert perfect.cas is None


def test_noise_is_far_above_the_floors(
    classifier: Classifier, thirds: tuple[Digits, ...], perfect: Report
) -> None:
    train, held_out, (pictures, labels) = thirds
    noise = torch.rand(pictures.shape, generator=torch.Generator().manual_seed(0)) * 2 - 1
    report = evaluate(classifier, noise, labels, *train, *held_out)
    assert report.frechet > 10 * report.frechet_floor
    assert report.kernel > 10 * abs(report.kernel_floor)
    assert report.precision < 0.1
    assert report.accuracy is not None
    assert report.accuracy < 0.3
    assert report.copies == 0


def test_a_generator_that_copies_is_caught(
    classifier: Classifier, thirds: tuple[Digits, ...]
) -> None:
    train, held_out, (pictures, labels) = thirds
    made, asked = pictures.clone(), labels.clone()
    made[:300] = (train[0][:300] + 0.01).clamp(-1, 1)
    asked[:300] = train[1][:300]
    report = evaluate(classifier, made, asked, *train, *held_out)
    assert report.copies == pytest.approx(300 / 599, abs=0.04)
    assert report.nearest < 0.3 * report.nearest_floor
    found = nearest(made[:300], train[0], k=3)
    assert found.indices.shape == found.distances.shape == (300, 3)
    assert (found.indices[:, 0] == np.arange(300)).all()
    assert (np.diff(found.distances, axis=1) >= 0).all()
    assert found.distances[:, 0].max() < 0.2
    exact = (made[7] - train[0][found.indices[7, 2]]).norm().item()
    assert found.distances[7, 2] == pytest.approx(exact, rel=1e-4)


def test_one_picture_for_each_class_has_no_variety(
    classifier: Classifier, thirds: tuple[Digits, ...]
) -> None:
    train, held_out, (pictures, labels) = thirds
    only = torch.stack([pictures[labels == each][0] for each in range(10)])
    report = evaluate(classifier, only[labels], labels, *train, *held_out)
    assert report.recall < 0.05
    assert report.recall_floor > 0.5
    assert report.variance_ratio == pytest.approx(0, abs=1e-6)


def test_the_score_by_classification_tells_right_labels_from_wrong_ones(
    classifier: Classifier, thirds: tuple[Digits, ...]
) -> None:
    train, held_out, (pictures, labels) = thirds
    report = evaluate(classifier, pictures, (labels + 1) % 10, *train, *held_out, cas=True)
    assert report.cas is not None
    assert report.cas < 0.1
    assert report.cas_real is not None
    assert report.cas_real > 0.85
    assert "Useful for teaching" in report_html(report)


def test_pictures_without_labels_are_measured(thirds: tuple[Digits, ...]) -> None:
    (train, _), (held_out, _), (generated, _) = thirds
    turns = train_classifier(train, None, seed=0, epochs=1)
    report = evaluate(turns, generated[:200], None, train, None, held_out, None)
    assert report.accuracy is report.accuracy_real is report.accuracy_worst_class is None
    assert report.variance_ratio == pytest.approx(1, abs=0.15)
    assert report.compared == 200
    assert report.frechet < 3 * report.frechet_floor
    assert "Right class" not in report_html(report)


def test_the_same_pictures_give_the_same_report(
    classifier: Classifier, thirds: tuple[Digits, ...], perfect: Report
) -> None:
    """Whatever was drawn at random before, and on one thread as on several."""
    train, held_out, generated = thirds
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        torch.rand(3)
        again = evaluate(classifier, *generated, *train, *held_out)
    finally:
        torch.set_num_threads(threads)
    assert again.frechet == pytest.approx(perfect.frechet, rel=1e-3)
    assert again.recall == pytest.approx(perfect.recall, abs=0.005)
    assert again.copies == perfect.copies


def test_an_evaluation_tells_how_far_it_is(
    classifier: Classifier, thirds: tuple[Digits, ...], perfect: Report
) -> None:
    train, held_out, generated = thirds
    steps = evaluate_steps(classifier, *generated, *train, *held_out)
    seen: list[Progress] = []
    report = None
    while report is None:
        try:
            seen.append(next(steps))
        except StopIteration as done:
            report = done.value
    fractions = [each.fraction for each in seen]
    assert fractions == sorted(fractions)
    assert fractions[0] > 0
    assert fractions[-1] == pytest.approx(1)
    assert all(each.doing.endswith(".") for each in seen)
    assert report.frechet == pytest.approx(perfect.frechet, rel=1e-3)


def test_too_few_pictures_are_refused_at_once(
    classifier: Classifier, thirds: tuple[Digits, ...]
) -> None:
    train, held_out, (pictures, labels) = thirds
    with pytest.raises(UserError, match="There are 3 generated pictures; at least 10"):
        evaluate_steps(classifier, pictures[:3], labels[:3], *train, *held_out)


def test_the_table_shows_figures_floors_and_counts(perfect: Report) -> None:
    report = replace(
        perfect,
        frechet=12.34,
        frechet_floor=3.21,
        recall=0.876,
        recall_floor=0.912,
        generated=1234,
        train=2345,
        held_out=3456,
        compared=777,
    )
    html = report_html(report).replace("\N{NO-BREAK SPACE}", " ")
    for shown in ("12.3", "3.21", "87.6 %", "91.2 %", "1,234", "2,345", "3,456", "777"):
        assert shown in html
    assert "Useful for teaching" not in html  # it was not measured
    assert html.count("<tr>") == html.count("</tr>") == 9
