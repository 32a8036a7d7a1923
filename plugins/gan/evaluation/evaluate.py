"""All measures of a generator's pictures at once, each beside that of real pictures."""

from __future__ import annotations

from torch import Tensor

from host import UserError
from plugins.gan.evaluation import distances
from plugins.gan.evaluation.classifier import Classifier, classifier_steps
from plugins.gan.evaluation.coverage import precision_recall
from plugins.gan.evaluation.memorisation import copies
from plugins.gan.evaluation.reference import (
    Labelled,
    Reference,
    look,
    nearest_known,
    reference_steps,
)
from plugins.gan.evaluation.results import Progress, Report
from plugins.gan.evaluation.steps import Steps, between, finish

LEAST = 10


def evaluate(
    classifier: Classifier,
    generated: Tensor,
    asked: Tensor | None,
    train: Tensor,
    train_labels: Tensor | None,
    held_out: Tensor,
    held_out_labels: Tensor | None,
    cas: bool = False,
    seed: int = 0,
) -> Report:
    """Measure ``generated`` against ``held_out``, and some of ``train`` in its place for the
    floors.

    classifier: trained by :func:`.classifier.train_classifier` on ``train``. generated, train,
    held_out: (N, C, S, S) in [-1, 1]; asked, train_labels, held_out_labels: (N,) int64 or None.
    cas: also train two classifiers for the classification accuracy score (Ravuri and Vinyals
    2019, arXiv:1905.10887), which takes far longer than the rest; needs all labels.
    seed: which pictures are left out where one side has more than the other.

    Raises UserError for fewer than 10 pictures of a kind, ValueError for shapes that do not fit.
    """
    return finish(
        evaluate_steps(
            classifier,
            generated,
            asked,
            train,
            train_labels,
            held_out,
            held_out_labels,
            cas=cas,
            seed=seed,
        )
    )


def evaluate_steps(
    classifier: Classifier,
    generated: Tensor,
    asked: Tensor | None,
    train: Tensor,
    train_labels: Tensor | None,
    held_out: Tensor,
    held_out_labels: Tensor | None,
    cas: bool = False,
    seed: int = 0,
) -> Steps[Report]:
    """:func:`evaluate` in steps: yields :class:`Progress` several times a second, and returns the
    report (``report = yield from evaluate_steps(...)``). Checks its input at the call."""
    for name, each in (("generated", generated), ("training", train), ("held-out", held_out)):
        if len(each) < LEAST:
            raise UserError(
                f"There are {len(each)} {name} pictures; at least {LEAST} are needed to measure."
            )
        if each.shape[1:] != generated.shape[1:]:
            raise ValueError(f"{name} pictures of shape {tuple(each.shape[1:])}")
    if cas and (asked is None or train_labels is None or held_out_labels is None):
        raise ValueError("the classification accuracy score needs all labels")

    def steps() -> Steps[Report]:
        reference = yield from between(
            0.0,
            0.2 if cas else 0.5,
            reference_steps(
                classifier, Labelled(train, train_labels), Labelled(held_out, held_out_labels)
            ),
        )
        made = Labelled(generated, asked)
        return (
            yield from between(
                0.2 if cas else 0.5, 1.0, compare_steps(reference, made, cas=cas, seed=seed)
            )
        )

    return steps()


def compare_steps(
    reference: Reference, generated: Labelled, cas: bool = False, seed: int = 0
) -> Steps[Report]:
    """The part of :func:`evaluate_steps` that is done anew for each generator."""
    measured = 0.25 if cas else 1.0
    report = yield from between(0.0, measured, _measure(reference, generated, seed))
    if not cas:
        return report
    count = min(len(generated.pictures), len(reference.train.pictures))
    scores: list[float | None] = []
    for start, end, taught, which in (
        (measured, 0.6, generated, "generated"),
        (0.6, 1.0, reference.train, "real"),
    ):
        few = taught.some(count, seed)
        scores.append((yield from between(start, end, _score(reference, few, which, seed))))
    return Report(**{**vars(report), "cas": scores[0], "cas_real": scores[1]})


def _measure(reference: Reference, generated: Labelled, seed: int) -> Steps[Report]:
    classifier = reference.classifier
    made = yield from between(0.0, 0.2, look(classifier, generated.pictures, "generated"))
    all_of_them = (made, reference.unseen, reference.known)
    count = min(len(each.features) for each in all_of_them)
    fake, real, other = (reference.standardised(each, count, seed) for each in all_of_them)

    yield Progress(0.2, "Fetching the measures.")
    distances.load()
    yield Progress(0.25, "Measuring the distances.")
    frechet, kernel = distances.frechet(real, fake), distances.kernel(real, fake)
    yield Progress(0.3, "Measuring the distances of real pictures.")
    frechet_floor, kernel_floor = distances.frechet(real, other), distances.kernel(real, other)
    yield Progress(0.35, "Measuring precision and recall.")
    precision, recall = precision_recall(real, fake)
    yield Progress(0.45, "Measuring precision and recall of real pictures.")
    precision_floor, recall_floor = precision_recall(real, other)

    device = str(classifier.head.weight.device)
    near = yield from between(
        0.55, 1.0, nearest_known(generated.pictures, reference.train.pictures, device)
    )
    labels = reference.held_out.labels
    return Report(
        frechet=frechet,
        frechet_floor=frechet_floor,
        kernel=kernel,
        kernel_floor=kernel_floor,
        precision=precision,
        precision_floor=precision_floor,
        recall=recall,
        recall_floor=recall_floor,
        accuracy=_accuracy(made.predicted, generated.labels),
        accuracy_real=_accuracy(reference.unseen.predicted, labels),
        accuracy_worst_class=_worst(made.predicted, generated.labels),
        variance_ratio=variance_ratio(generated, reference.held_out),
        nearest=near.median().item(),
        nearest_floor=reference.near.median().item(),
        copies=copies(near, reference.near),
        cas=None,
        cas_real=None,
        generated=len(generated.pictures),
        train=len(reference.train.pictures),
        held_out=len(reference.held_out.pictures),
        compared=count,
    )


def _score(reference: Reference, taught: Labelled, which: str, seed: int) -> Steps[float | None]:
    """Accuracy on held-out pictures of a classifier taught with ``taught`` only."""
    device = str(reference.classifier.head.weight.device)
    steps = classifier_steps(taught.pictures, taught.labels, seed, device=device)
    while True:
        try:
            fraction = next(steps)
        except StopIteration as done:
            trained: Classifier = done.value
            break
        yield Progress(fraction, f"Training a classifier on {which} pictures only.")
    _, predicted = trained.look(reference.held_out.pictures)
    return _accuracy(predicted, reference.held_out.labels)


def _accuracy(predicted: Tensor, labels: Tensor | None) -> float | None:
    if labels is None:
        return None
    return (predicted == labels.cpu()).double().mean().item()


def _worst(predicted: Tensor, labels: Tensor | None) -> float | None:
    if labels is None:
        return None
    labels = labels.cpu()
    right = (predicted == labels).double()
    return min(right[labels == each].mean().item() for each in labels.unique())


def variance_ratio(generated: Labelled, real: Labelled) -> float | None:
    """Variance of the generated pictures over that of the real ones, both summed over pixels:
    1 for the same variety, 0 for one picture over and over.

    With classes it is the mean over those of which there are two pictures on both sides: the
    variety within a class, which right proportions of classes do not hide. None if there is no
    such class, or if the real pictures are all the same.
    """
    if generated.labels is None or real.labels is None:
        pairs = [(generated.pictures, real.pictures)]
    else:
        pairs = [
            (generated.pictures[generated.labels == each], real.pictures[real.labels == each])
            for each in generated.labels.unique().tolist()
        ]
    ratios = [
        _variance(made) / _variance(true)
        for made, true in pairs
        if len(made) > 1 and len(true) > 1 and _variance(true) > 0
    ]
    return sum(ratios) / len(ratios) if ratios else None


def _variance(pictures: Tensor) -> float:
    return pictures.flatten(1).double().var(dim=0).sum().item()
