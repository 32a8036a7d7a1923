"""Does a GAN's output help to train a classifier of scikit-learn's digits? Prints Markdown tables.

    python scripts/gan_augment.py [--seeds N] [--sizes 5 10 20 50 100] [--rare-sizes 20 50]
        [--rare DIGIT] [--gan-steps N] [--steps N] [--first-seed N] [--threads N] [--output FILE]

For each number of labelled pictures of a class: accuracy of every arm with its 95 % t interval over
seeds, paired differences, and the verdict in words. Then the same with one rare class, which has a
fifth of the pictures. --output: the text is also written there as far as it has come.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from plugins.gan.augmentation.experiment import experiment
from plugins.gan.augmentation.requests import DEFAULTS, SIZE, SIZES
from plugins.gan.augmentation.results import AugmentSettings, AugmentStep
from plugins.gan.augmentation.statistics import Interval, differences, means
from plugins.gan.augmentation.words import points, verdicts
from plugins.gan.pictures import bundled_digits


def run(settings: AugmentSettings) -> AugmentStep:
    """The experiment's last report; one line on stderr for each seed."""
    pictures, labels = bundled_digits(SIZE)
    said = 0
    for step in experiment(pictures, labels, settings):
        done = int(step.finished.sum())
        if done > said:
            said = done
            print(
                f"{settings.per_class} per class, rare {settings.rare_class}: seed {done} of "
                f"{settings.seeds}, {step.seconds:.0f} s",
                file=sys.stderr,
                flush=True,
            )
    return step


def report(step: AugmentStep) -> str:
    """One setting as Markdown."""
    settings = step.settings
    rare = settings.rare_class
    title = f"### {settings.per_class} pictures of each class"
    if rare is not None:
        title += f", of class {rare} only {settings.rare_count}"
    lines = [
        title,
        "",
        f"{settings.seeds} seeds, {step.labelled} labelled pictures, {step.test_count} test "
        f"pictures, {settings.steps} steps of each classifier, {settings.gan_steps} of the GAN; "
        f"{step.seconds:.0f} s. Copies among the last seed's generated pictures: "
        f"{step.copies:.1%}.",
        "",
    ]
    for on_rare in [False] if rare is None else [True, False]:
        what = f"class {rare}" if on_rare else "all classes"
        lines += [f"| arm ({what}) | accuracy, % | 95 % interval |", "| --- | --- | --- |"]
        for arm, found in means(step, on_rare).items():
            lines.append(f"| {arm} | {found.mean:.1f} | {found.low:.1f} to {found.high:.1f} |")
        lines += ["", f"| difference ({what}) | points | 95 % interval |", "| --- | --- | --- |"]
        for each in differences(step, on_rare):
            lines.append(f"| {each.arm} against {each.base} | {_row(each.interval)} |")
        lines.append("")
    lines += [f"* {said}" for said in verdicts(step)]
    return "\n".join([*lines, ""])


def _row(found: Interval) -> str:
    return f"{points(found.mean)} | {points(found.low)} to {points(found.high)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=DEFAULTS.seeds)
    parser.add_argument("--sizes", type=int, nargs="*", default=list(SIZES))
    parser.add_argument("--rare-sizes", type=int, nargs="*", default=[20, 50])
    parser.add_argument("--rare", type=int, default=8)
    parser.add_argument("--gan-steps", type=int, default=DEFAULTS.gan_steps)
    parser.add_argument("--steps", type=int, default=DEFAULTS.steps)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--output", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)

    started = time.monotonic()
    parts: list[str] = []
    grid = [(size, None) for size in args.sizes] + [(size, args.rare) for size in args.rare_sizes]
    for size, rare in grid:
        settings = AugmentSettings(
            per_class=size,
            seeds=args.seeds,
            rare_class=rare,
            steps=args.steps,
            gan_steps=args.gan_steps,
            seed=args.first_seed,
        )
        parts.append(report(run(settings)))
        print(parts[-1], flush=True)
        if args.output:
            args.output.write_text("\n".join(parts), encoding="utf-8")
    print(f"All in {(time.monotonic() - started) / 60:.1f} minutes.", file=sys.stderr)


if __name__ == "__main__":
    main()
