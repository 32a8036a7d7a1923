"""What a live run comes to: digits learnt from nothing, then judged.

LIVE_DIGITS is trained on MNIST's test digits for 150 seconds of processor time on each core. A
classifier that the generator never met judges; beside each figure stands that of real pictures.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from rows import ROOT, Row, report
from torch import Tensor, nn
from torch.nn.functional import one_hot

from host.devices import usable_cores
from plugins.gan.evaluation.classifier import train_classifier
from plugins.gan.evaluation.evaluate import evaluate
from plugins.gan.training import Trainer
from plugins.gan.training.presets import LIVE_DIGITS, LIVE_DIGITS_NETWORKS

sys.path.insert(0, str(ROOT / "scripts"))
from gan_train_digits import HELD_OUT, split

SECONDS = 150  # of processor time, for each core


@torch.no_grad()
def draw(generator: nn.Module, count: int) -> tuple[Tensor, Tensor]:
    """As many pictures of each class, and their classes."""
    classes = LIVE_DIGITS_NETWORKS.classes
    asked = torch.arange(classes).repeat_interleave(count // classes)
    random = torch.Generator().manual_seed(1)
    points = torch.randn(len(asked), LIVE_DIGITS_NETWORKS.latent, generator=random)
    parts = zip(points.split(500), one_hot(asked, classes).float().split(500), strict=True)
    return torch.cat([generator(z, y) for z, y in parts]), asked


def measure(options: argparse.Namespace) -> Iterator[Row]:
    threads = usable_cores()
    torch.set_num_threads(threads)
    seen, unseen = split(options.data, seed=0)
    trainer = Trainer(seen[0], LIVE_DIGITS_NETWORKS, LIVE_DIGITS, labels=seen[1])
    budget = (2 if options.quick else SECONDS) * threads
    began, clock = time.process_time(), time.perf_counter()
    while time.process_time() - began < budget:
        trainer.step()
    wall = time.perf_counter() - clock
    made, asked = draw(trainer.average, HELD_OUT)
    judge = train_classifier(seen[0], seen[1], seed=0)
    found = evaluate(judge, made, asked, *seen, *unseen)
    note = f"{trainer.step_number:,} steps in {wall:.0f} s, {trainer.precision}"
    for what, ours, real, unit in (
        ("class as asked", 100 * found.accuracy, 100 * found.accuracy_real, "%"),
        ("the same, worst class", 100 * found.accuracy_worst_class, None, "%"),
        ("recall", 100 * found.recall, 100 * found.recall_floor, "%"),
        ("precision", 100 * found.precision, 100 * found.precision_floor, "%"),
        ("Frechet distance", found.frechet, found.frechet_floor, ""),
    ):
        against = "" if real is None else "real digits"
        name = f"Digits learnt live, {what}"
        yield Row(name, ours, real, unit=unit, n=1, against=against, note=note)


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data",
        type=Path,
        default=ROOT.parent / "shared" / "data",
        help="folder of MNIST's test digits (t10k-*.gz), which are downloaded where they are not",
    )


if __name__ == "__main__":
    report(measure, __doc__, rounds=1, more=arguments)
