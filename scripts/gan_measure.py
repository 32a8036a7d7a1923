"""Measure a shipped generator, and print the figures of its model card (JSON).

    python scripts/gan_measure.py digits [--data DIR] [--file FILE] [--threads N]
    python scripts/gan_measure.py portraits PORTRAITS.npz [--file FILE] [--threads N]

The digits are split as scripts/gan_train_digits.py does, the portraits as
scripts/gan_train_portraits.py does: the measures compare with pictures no network was shown. The
judge is a classifier trained here on the pictures the generator learnt from; for the portraits,
which have no classes, it learns to tell quarter turns. Each figure is the mean and the range over
five seeds of the samples, as many as are held out, truncated as the page draws them first (digits)
or not at all (portraits); then come those of other truncations.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import one_hot

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

import gan_train_digits
import gan_train_portraits

from plugins.gan.checkpoint import load_generator
from plugins.gan.evaluation.classifier import train_classifier
from plugins.gan.evaluation.evaluate import compare_steps
from plugins.gan.evaluation.reference import Labelled, reference_steps
from plugins.gan.evaluation.results import Report
from plugins.gan.evaluation.steps import finish
from plugins.gan.latents import latents
from plugins.gan.networks import Generator

SEEDS = range(1, 6)
"""Of the samples that are measured."""
TRUNCATIONS = (0.5, 1.0, 1.5, 2.0, 3.0)
USUAL = {"digits": 2.0, "portraits": 8.0}
"""8 standard deviations cut nothing off."""


@torch.no_grad()
def sample(generator: Generator, count: int, seed: int, truncation: float) -> Labelled:
    """``count`` pictures, and the classes asked for: each as often as the others."""
    classes = generator.config.classes
    points = latents(seed, count, generator.config.latent, truncation)
    if not classes:
        return Labelled(torch.cat([generator(z) for z in points.split(250)]), None)
    labels = torch.arange(count) % classes
    asked = one_hot(labels, classes).float()
    parts = zip(points.split(250), asked.split(250), strict=True)
    return Labelled(torch.cat([generator(z, y) for z, y in parts]), labels)


def summary(reports: list[Report]) -> dict[str, Any]:
    """Mean and range of each figure; counts, and what is the same in all reports, as they are."""
    rows = [asdict(report) for report in reports]
    figures: dict[str, Any] = {}
    for name in rows[0]:
        values = [row[name] for row in rows if row[name] is not None]
        if not values:
            continue
        if len(set(values)) == 1:
            figures[name] = round(values[0], 4)
            continue
        figures[name] = {
            "mean": round(sum(values) / len(values), 4),
            "lowest": round(min(values), 4),
            "highest": round(max(values), 4),
        }
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="what", required=True)
    digits = commands.add_parser("digits")
    digits.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    portraits = commands.add_parser("portraits")
    portraits.add_argument("portraits", type=Path)
    for command in (digits, portraits):
        command.add_argument("--file", type=Path, help="the generator, if not the shipped one")
        command.add_argument("--seed", type=int, default=0, help="of the split and of the judge")
        command.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)

    if args.what == "digits":
        train, held_out = (Labelled(*part) for part in gan_train_digits.split(args.data, args.seed))
    else:
        kept, others = gan_train_portraits.load(args.portraits, args.seed)
        # The generator learnt from the mirror images, too, and could copy one.
        train = Labelled(torch.cat([kept, kept.flip(3)]), None)
        held_out = Labelled(others, None)
    generator = load_generator(args.file or ROOT / f"assets/gan/{args.what}.safetensors")
    judge = train_classifier(train.pictures, train.labels, args.seed)
    reference = finish(reference_steps(judge, train, held_out))

    def over_seeds(truncation: float, cas: bool = False) -> dict[str, Any]:
        reports = []
        for seed in SEEDS:
            made = sample(generator, len(held_out.pictures), seed, truncation)
            reports.append(finish(compare_steps(reference, made, cas, seed)))
            print(f"truncation {truncation:g}, seed {seed}: {reports[-1]}", file=sys.stderr)
        return summary(reports)

    figures = over_seeds(USUAL[args.what], cas=train.labels is not None)
    wanted = ("accuracy", "precision", "recall", "variance_ratio")
    figures["truncation"] = {
        f"{truncation:g}": {
            name: figure for name, figure in over_seeds(truncation).items() if name in wanted
        }
        for truncation in TRUNCATIONS
        if truncation != USUAL[args.what]
    }
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
