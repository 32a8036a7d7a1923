from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
import torch
from scipy import stats

from host import UserError
from plugins.gan.augmentation import requests, tab, view, words
from plugins.gan.augmentation.arms import training_set
from plugins.gan.augmentation.classic import classic
from plugins.gan.augmentation.classifier import TrainingSet, new_classifier, training
from plugins.gan.augmentation.experiment import experiment
from plugins.gan.augmentation.export import export
from plugins.gan.augmentation.results import (
    BOTH,
    GAN,
    REAL,
    REPEATED,
    AugmentSettings,
    AugmentStep,
    ExportStep,
)
from plugins.gan.augmentation.small_gan import copies
from plugins.gan.augmentation.split import most_per_class, split
from plugins.gan.augmentation.statistics import compared, differences, interval, means
from plugins.gan.checkpoint import load_generator
from plugins.gan.latents import latents
from plugins.gan.networks import Generator, NetworkConfig
from plugins.gan.pictures import bundled_digits, to_rgb
from plugins.gan.torchvision_compat import torchvision

ROOT = Path(__file__).resolve().parents[2]
QUICK = AugmentSettings(
    per_class=5, seeds=2, steps=12, gan_steps=4, gan_batch=8, width=8, generated_per_class=10
)


@pytest.fixture(scope="module")
def digits() -> tuple[torch.Tensor, torch.Tensor]:
    return bundled_digits(16)


@pytest.fixture(scope="module")
def finished(digits: tuple[torch.Tensor, torch.Tensor]) -> AugmentStep:
    *_, last = experiment(*digits, QUICK)
    return last


def made(
    accuracy: list[list[float]], settings: AugmentSettings, rare: list[list[float]] | None = None
) -> AugmentStep:
    """A report with these accuracies; of the rare class with those."""
    table = np.array(accuracy)
    by_class = np.repeat(table[:, :, None], 10, axis=2)
    if rare is not None and settings.rare_class is not None:
        by_class[:, :, settings.rare_class] = rare
    return AugmentStep(
        settings, 1, GAN, 0.5, 10.0, 10.0, table, by_class, 599, 200, None, None, float("nan")
    )


# The split


def test_no_labelled_picture_is_tested_on(digits: tuple[torch.Tensor, torch.Tensor]) -> None:
    for seed in range(3):
        places = split(digits[1], replace(QUICK, per_class=100), seed)
        both = torch.cat([places.labelled, places.test])
        assert len(both.unique()) == len(both)
        assert torch.bincount(digits[1][places.labelled]).tolist() == [100] * 10
        assert abs(len(places.test) - 1797 / 3) < 10


def test_a_rare_class_has_a_fifth_and_the_test_stays(
    digits: tuple[torch.Tensor, torch.Tensor],
) -> None:
    rare = split(digits[1], replace(QUICK, per_class=20, rare_class=8), 0)
    assert torch.bincount(digits[1][rare.labelled]).tolist() == [20] * 8 + [4, 20]
    full = split(digits[1], replace(QUICK, per_class=50), 0)
    assert torch.equal(rare.test, full.test)
    assert set(rare.labelled.tolist()) < set(full.labelled.tolist())
    assert not torch.equal(full.test, split(digits[1], QUICK, 1).test)


def test_too_few_pictures_are_refused_at_once(digits: tuple[torch.Tensor, torch.Tensor]) -> None:
    most = most_per_class(digits[1])
    assert most >= 100
    split(digits[1], replace(QUICK, per_class=most), 0)
    with pytest.raises(ValueError, match="too few"):
        experiment(*digits, replace(QUICK, per_class=most + 1))
    with pytest.raises(ValueError, match="no class 10"):
        experiment(*digits, replace(QUICK, rare_class=10))


# The arms


def test_half_the_draws_are_generated_and_every_class_is_drawn_as_often() -> None:
    labels = torch.tensor([0] * 10 + [1] * 10 + [2] * 2)
    drawn = torch.arange(3).repeat_interleave(7)
    pictures = torch.zeros(22, 1, 8, 8), torch.ones(21, 1, 8, 8)
    for arm in (GAN, BOTH):
        data = training_set(arm, (pictures[0], labels), (pictures[1], drawn), 3, 0.5)
        share = data.weights / data.weights.sum()
        assert share[data.pictures[:, 0, 0, 0] == 1].sum().item() == pytest.approx(0.5)
        by_class = [share[data.labels == each].sum().item() for each in range(3)]
        assert by_class == pytest.approx([1 / 3] * 3)


def test_without_the_gan_nothing_generated_is_drawn() -> None:
    labels = torch.tensor([0] * 8 + [1] * 2)
    real = torch.zeros(10, 1, 8, 8), labels
    generated = torch.ones(4, 1, 8, 8), torch.tensor([0, 0, 1, 1])
    plain = training_set(REAL, real, generated, 2, 0.5)
    repeated = training_set(REPEATED, real, generated, 2, 0.5)
    assert not plain.pictures.any()
    assert not repeated.pictures.any()
    assert plain.weights[:8].sum() / plain.weights.sum() == pytest.approx(0.8)
    assert repeated.weights[:8].sum() / repeated.weights.sum() == pytest.approx(0.5)


def test_arms_of_a_seed_start_from_the_same_weights() -> None:
    first, again, other = (new_classifier(1, 10, seed) for seed in (3, 3, 4))
    x = torch.randn(2, 1, 16, 16)
    assert torch.equal(first(x), again(x))
    assert not torch.equal(first(x), other(x))


def test_the_classifier_learns(digits: tuple[torch.Tensor, torch.Tensor]) -> None:
    places = split(digits[1], replace(QUICK, per_class=20), 0)
    pictures, labels = digits[0][places.labelled], digits[1][places.labelled]
    classifier = new_classifier(1, 10, 0)
    data = TrainingSet(pictures, labels, torch.ones(len(labels)))
    assert list(training(classifier, data, 60, 32, 0)) == list(range(1, 61))
    right = classifier.predicted(digits[0][places.test]) == digits[1][places.test]
    assert right.float().mean() > 0.8


def test_classic_augmentation_moves_pictures_a_little(
    digits: tuple[torch.Tensor, torch.Tensor],
) -> None:
    pictures = digits[0][:50]
    changed = classic(pictures, torch.Generator().manual_seed(0))
    assert changed.shape == pictures.shape
    assert changed.abs().max() <= 1
    moved = (changed - pictures).flatten(1).norm(dim=1)
    apart = torch.pdist(pictures.flatten(1)).median()
    assert moved.min() > 0
    assert moved.median() < apart


def test_flips_mirror_only_where_asked() -> None:
    left = torch.full((200, 1, 16, 16), -1.0)
    left[:, :, :, :6] = 1.0
    heavier = [
        (changed[..., :8].sum((1, 2, 3)) > changed[..., 8:].sum((1, 2, 3))).float().mean().item()
        for flips in (False, True)
        for changed in [classic(left, torch.Generator().manual_seed(0), flips)]
    ]
    assert heavier[0] == 1.0
    assert 0.35 < heavier[1] < 0.65


# The experiment


def test_the_experiment_streams_to_its_end(finished: AugmentStep) -> None:
    assert finished.fraction == pytest.approx(1.0)
    assert finished.finished.tolist() == [True, True]
    assert finished.accuracy.shape == (2, 4)
    assert finished.class_accuracy.shape == (2, 4, 10)
    assert ((finished.accuracy >= 0) & (finished.accuracy <= 1)).all()
    assert finished.real.shape == (10 * 36 + 4, 5 * 36 + 4, 3)
    assert finished.generated.dtype == np.uint8
    assert finished.labelled == 50


def test_the_same_seed_gives_the_same_result(
    digits: tuple[torch.Tensor, torch.Tensor], finished: AugmentStep
) -> None:
    *_, again = experiment(*digits, replace(QUICK, seeds=1))
    np.testing.assert_array_equal(again.accuracy[0], finished.accuracy[0])


def test_the_first_report_comes_before_any_training(
    digits: tuple[torch.Tensor, torch.Tensor],
) -> None:
    first = next(experiment(*digits, replace(QUICK, gan_steps=10_000)))
    assert first.fraction == 0
    assert np.isnan(first.accuracy).all()
    assert first.real is not None
    assert first.generated is None
    assert view.accuracy_plot(first) == view.verdict_html(first) == view.table(first) == ""


def test_a_rare_class_is_measured_by_itself(digits: tuple[torch.Tensor, torch.Tensor]) -> None:
    *_, last = experiment(*digits, replace(QUICK, seeds=1, rare_class=8))
    assert last.labelled == 46
    assert REPEATED in last.settings.arms
    np.testing.assert_array_equal(last.rare_accuracy(), last.class_accuracy[:, :, 8])
    assert words.verdicts(last)[0].startswith("Class 8: The GAN: one seed cannot say")


def test_pictures_learnt_by_heart_are_counted(digits: tuple[torch.Tensor, torch.Tensor]) -> None:
    known, unseen = digits[0][:300], digits[0][300:900]
    assert copies(known[:40], known, unseen) == 1.0
    assert copies(digits[0][900:], known, unseen) < 0.1


# The statistics


def test_the_interval_is_students() -> None:
    values = np.array([0.3, -1.2, 0.8, 0.1, 2.0])
    low, high = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    found = interval(values)
    assert (found.low, found.high) == pytest.approx((low, high))
    assert found.count == 5
    assert np.isnan(interval(values[:1]).low)


def test_differences_are_paired_by_seed_and_only_of_finished_seeds() -> None:
    nan = float("nan")
    table = [[0.80, 0.9, 0.82, 0.9], [0.60, 0.7, 0.62, 0.7], [0.9, 0.9, nan, nan]]
    step = made(table, replace(QUICK, seeds=3))
    main = differences(step)[0]
    assert (main.arm, main.base) == (GAN, REAL)
    # the seeds lie 20 points apart, the pairs do not
    assert main.values == pytest.approx((2.0, 2.0))
    assert (main.interval.low, main.interval.high) == pytest.approx((2.0, 2.0))
    assert means(step)[REAL].mean == pytest.approx(70.0)
    assert "rests on 2 seeds of 3" in words.ending(step)


@pytest.mark.parametrize(
    ("gains", "said"),
    [
        ([-1.1, 0.3, -0.9, 0.2, -0.5], "The GAN did not help: −0.4 points, 95 % interval −1.2 to"),
        ([1.1, 1.3, 0.9, 1.2, 1.5], "The GAN helped: +1.2 points, 95 % interval +0.9 to +1.5"),
        ([-1.1, -1.3, -0.9, -1.2, -1.5], "The GAN did harm: −1.2 points"),
        ([1.0], "The GAN: one seed cannot say whether it helps: +1.0 points, 1 seed"),
    ],
)
def test_the_verdict_is_plain(gains: list[float], said: str) -> None:
    table = [[0.9, 0.9, 0.9 + gain / 100, 0.9] for gain in gains]
    step = made(table, replace(QUICK, seeds=len(gains)))
    sentences = words.verdicts(step)
    assert sentences[0].startswith(said)
    assert sentences[0].endswith("interval.") or f"{len(gains)} seeds." in sentences[0]
    assert said in view.verdict_html(step)


@pytest.mark.parametrize("rare", [None, 3])
def test_every_comparison_has_its_words_and_its_place(rare: int | None) -> None:
    settings = replace(QUICK, rare_class=rare)
    width = len(settings.arms)
    rng = np.random.default_rng(0)
    table = rng.uniform(0.8, 0.9, (2, width)).tolist()
    step = made(table, settings, rng.uniform(0.3, 0.4, (2, width)).tolist())
    per_scope = len(compared(settings.arms))
    assert len(set(words.verdicts(step))) == per_scope * (1 if rare is None else 2)
    plot = view.accuracy_plot(step)
    assert plot.count("<circle") == 2 * width
    assert "currentColor" in plot
    differences_plot = view.difference_plot(step, rare=rare is not None)
    assert differences_plot.count("<circle") == 2 * per_scope
    assert all(arm in plot for arm in settings.arms if "+" not in arm)
    html = view.table(step)
    assert html.count("<tr>") == 3
    assert ("rare class" in html) == (rare is not None)


# The export


@pytest.fixture(scope="module")
def shipped() -> Generator:
    return load_generator(ROOT / "assets" / "gan" / "digits.safetensors")


def unpacked(step: ExportStep, folder: Path) -> Path:
    assert step.archive is not None
    with zipfile.ZipFile(io.BytesIO(step.archive)) as archive:
        archive.extractall(folder)
    return folder


def test_torchvision_reads_the_export(shipped: Generator, tmp_path: Path) -> None:
    *_, last = export(shipped, 12, seed=3)
    folder = unpacked(last, tmp_path)
    pictures = torchvision.datasets.ImageFolder(str(folder))
    assert pictures.classes == list("0123456789")
    assert [label for _, label in pictures] == [each for each in range(10) for _ in range(12)]
    assert {picture.size for picture, _ in pictures} == {(32, 32)}
    readme = (folder / "README.txt").read_text()
    assert "Seed 3" in readme
    assert "within 2 standard deviations" in readme


def test_an_export_is_what_the_generator_draws_of_each_class(
    shipped: Generator, tmp_path: Path
) -> None:
    *_, last = export(shipped, 3, seed=5, truncation=1.0)
    pictures = torchvision.datasets.ImageFolder(str(unpacked(last, tmp_path)))
    points = latents(5, 3, shipped.config.latent, 1.0)
    for digit in range(10):
        drawn = to_rgb(shipped(points, torch.eye(10)[[digit] * 3]))
        for at in range(3):
            saved = np.asarray(pictures[digit * 3 + at][0], np.int16)
            assert np.abs(saved - drawn[at]).max() <= 1  # rounding


def test_any_conditional_generator_can_be_exported(tmp_path: Path) -> None:
    generator = Generator(NetworkConfig(size=16, channels=3, width=8, classes=2)).eval()
    *_, last = export(generator, 2, names=["cats", "dogs"])
    pictures = torchvision.datasets.ImageFolder(str(unpacked(last, tmp_path)))
    assert pictures.classes == ["cats", "dogs"]
    assert len(pictures) == 4
    *_, again = export(generator, 2, names=["cats", "dogs"])
    assert again.archive == last.archive


def test_refusals_of_the_export(shipped: Generator) -> None:
    with pytest.raises(ValueError, match="10000"):
        export(shipped, 1001)
    without = Generator(NetworkConfig(size=16, width=8))
    with pytest.raises(ValueError, match="classes"):
        export(without, 1)
    with pytest.raises(UserError, match="classes"):
        requests.export_pictures(without)
    for bad in ({"count_per_class": 1001}, {"seed": -1}, {"truncation": 9}):
        with pytest.raises(UserError):
            requests.export_pictures(shipped, **bad)


@pytest.mark.parametrize(
    "bad",
    [
        {"per_class": 7},
        {"seeds": 0},
        {"rare_class": "12"},
        {"steps": 5},
        {"gan_steps": 1e9},
        {"seed": -1},
        {"per_class": float("nan")},
    ],
)
def test_refusals_of_the_experiment(bad: dict[str, float | str]) -> None:
    with pytest.raises(UserError):
        requests.augment(**bad)  # type: ignore[arg-type]


# The tab


class Stoppable:
    """The work in this process, ending a stream after ``stop_after`` items as Stop does."""

    def __init__(self, generator: Generator, stop_after: int | None = None) -> None:
        self._generator, self._stop_after = generator, stop_after

    def augment(self, *arguments: float) -> Iterator[AugmentStep]:
        for number, step in enumerate(requests.augment("cpu", *arguments)):
            if number == self._stop_after:
                return
            yield step

    def export_pictures(self, *arguments: float) -> Iterator[ExportStep]:
        return requests.export_pictures(self._generator, *arguments)

    def cancel(self, *methods: str) -> None: ...


def events(backend: Stoppable) -> dict[str, object]:
    with gr.Blocks() as page:
        tab.build(backend)
    return {
        fn.api_name: fn.fn
        for fn in page.fns.values()
        if isinstance(fn.api_name, str) and fn.api_visibility == "public"
    }


def test_its_events_have_their_published_names(shipped: Generator) -> None:
    public = events(Stoppable(shipped))
    assert set(public) == {"gan_augment", "gan_export"}
    assert all(fn.__name__ == name and fn.__doc__ for name, fn in public.items())


def test_the_tab_shows_a_verdict(shipped: Generator) -> None:
    *_, last = events(Stoppable(shipped))["gan_augment"](5, 2, "", 10, 10, 0)
    status, verdict, accuracy, difference, about, figures, real, generated = last
    assert "Done" in status
    assert "2 seeds" in status
    assert "The GAN" in verdict
    assert "<svg" in accuracy
    assert "<svg" in difference
    assert "50 labelled" in about
    assert "<table>" in figures
    assert real.shape[0] == generated.shape[0]


def test_stopping_before_a_seed_is_done_gives_no_verdict(shipped: Generator) -> None:
    *_, last = events(Stoppable(shipped, stop_after=1))["gan_augment"](5, 2, "", 10, 10, 0)
    assert "no verdict" in last[0]
    assert last[1] == ""
    with pytest.raises(UserError, match="before the first step"):
        next(events(Stoppable(shipped, stop_after=0))["gan_augment"]())


def test_the_tab_gives_a_zip(shipped: Generator) -> None:
    stream = events(Stoppable(shipped))["gan_export"](2.0, 0.0, 2.0)
    for status, file in stream:
        if "Done" in status:
            names = zipfile.ZipFile(file.value["path"]).namelist()
            assert len(names) == 21
            break
    else:
        pytest.fail("no zip")


def test_the_page_needs_no_torch() -> None:
    code = (
        "import sys, plugins.gan.augmentation.tab; "
        "print([m for m in ('torch', 'torchvision', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
