"""Train the shipped digit generator, measure it, and write assets/gan/digits.safetensors.

    python scripts/gan_train_digits.py [--data DIR] [--steps N] [--seed N] [--threads N]
    python scripts/gan_train_digits.py --measure [--data DIR] [--threads N]

The second only measures the shipped file, and prints the figures of its model card (JSON).

The data is MNIST's test set of 10,000 digits (t10k-*.gz in --data; downloaded by torchvision when
it is not there). The generator learns from 8,000 of them. The other 2,000 are never shown to any
network: they say how far the judge (a small convolutional classifier trained on the same 8,000)
can be trusted, and what unseen real digits look like to it. Written while training: a checkpoint
every 500 steps with its measures (JSON) and a sheet of samples (PNG) beside it.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, one_hot, pad

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from plugins.gan.checkpoint import load_generator, save_generator
from plugins.gan.latents import latents
from plugins.gan.networks import Generator, NetworkConfig
from plugins.gan.sampling import draw_digits
from plugins.gan.torchvision_compat import torchvision
from plugins.gan.training import Trainer, TrainingConfig

CLASSES, SIZE, HELD_OUT = 10, 32, 2_000
SEEDS = range(1, 6)
"""Of the samples that are measured."""


def read_idx(path: Path) -> np.ndarray:
    """An array from a gzipped IDX file of bytes, the format MNIST is published in."""
    data = gzip.decompress(path.read_bytes())
    dimensions = data[3]
    shape = np.frombuffer(data, ">i4", dimensions, 4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * dimensions).reshape(shape)


def load_mnist(folder: Path) -> tuple[Tensor, Tensor]:
    """MNIST's test digits, padded to 32x32 as in LeNet-5: (N, 1, 32, 32) in [-1, 1], (N,)."""
    names = ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz")
    if all((folder / name).is_file() for name in names):
        images, labels = (torch.from_numpy(read_idx(folder / name).copy()) for name in names)
    else:
        digits = torchvision.datasets.MNIST(str(folder), train=False, download=True)
        images, labels = digits.data, digits.targets
    pictures = pad(images.float()[:, None] / 127.5 - 1, (2, 2, 2, 2), value=-1.0)
    return pictures, labels.long()


class Judge(nn.Module):
    """A small classifier; its 64 features are where the distances are measured."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in ((1, 16), (16, 32), (32, 64)):
            layers += [
                nn.Conv2d(before, after, 3, padding=1, bias=False),
                nn.MaxPool2d(2),
                nn.BatchNorm2d(after),
                nn.ReLU(),
            ]
        self.body = nn.Sequential(*layers, nn.Flatten(), nn.Linear(64 * 16, 64), nn.ReLU())
        self.head = nn.Linear(64, CLASSES)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        features = self.body(pictures)
        return features, self.head(features)

    @torch.no_grad()
    def look(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Features (N, 64) and predicted classes (N,), in evaluation mode."""
        self.eval()
        parts = [self(part) for part in pictures.split(500)]
        return torch.cat([f for f, _ in parts]), torch.cat([o for _, o in parts]).argmax(1)


def train_judge(pictures: Tensor, labels: Tensor, seed: int, epochs: int = 6) -> Judge:
    """A classifier trained with shifts of up to 2 pixels."""
    torch.manual_seed(seed)
    judge = Judge()
    optimiser = torch.optim.AdamW(judge.parameters(), lr=2e-3, weight_decay=1e-2)
    steps = epochs * (len(pictures) // 100)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, steps)
    for _ in range(epochs):
        for chosen in torch.randperm(len(pictures)).split(100):
            down, right = torch.randint(-2, 3, (2,)).tolist()
            shifted = pictures[chosen].roll((down, right), (2, 3))
            optimiser.zero_grad()
            cross_entropy(judge(shifted)[1], labels[chosen], label_smoothing=0.05).backward()
            optimiser.step()
            schedule.step()
    return judge


def frechet(a: Tensor, b: Tensor) -> float:
    """Frechet distance of two Gaussians fitted to features (Heusel et al. 2017, eq. 6), here in
    the judge's features instead of Inception's."""
    x, y = a.double().numpy(), b.double().numpy()
    cov_x, cov_y = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    values, vectors = np.linalg.eigh(cov_x)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    cross = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ cov_y @ root), 0)).sum()
    return float(np.sum((x.mean(0) - y.mean(0)) ** 2) + np.trace(cov_x + cov_y) - 2 * cross)


def spread(pictures: Tensor, labels: Tensor) -> np.ndarray:
    """Mean distance in pixels' values between two pictures of a class, for each class."""
    means = []
    for digit in range(CLASSES):
        flat = pictures[labels == digit].flatten(1)
        means.append(torch.pdist(flat).mean().item())
    return np.array(means)


@torch.no_grad()
def sample(generator: Generator, seed: int, truncation: float = 8.0) -> tuple[Tensor, Tensor]:
    """As many samples as there are unseen digits, and their classes, in order."""
    labels = torch.arange(CLASSES).repeat_interleave(HELD_OUT // CLASSES)
    points = latents(seed, len(labels), generator.config.latent, truncation)
    parts = zip(points.split(500), one_hot(labels, CLASSES).float().split(500), strict=True)
    return torch.cat([generator(z, y) for z, y in parts]), labels


def measure(
    generator: Generator, judge: Judge, seen: tuple[Tensor, Tensor], unseen: tuple[Tensor, Tensor]
) -> dict[str, dict[str, Any]]:
    """The figures of the model card: of the real digits, and of 2,000 samples for each of SEEDS."""
    unseen_features, judged_unseen = judge.look(unseen[0])
    seen_features, _ = judge.look(seen[0][:HELD_OUT])
    unseen_spread = spread(*unseen)
    known = seen[0].flatten(1)

    def nearest(pictures: Tensor) -> float:
        return torch.cdist(pictures.flatten(1), known).min(1).values.median().item()

    def generated(seed: int) -> dict[str, float]:
        made, asked = sample(generator, seed)
        features, judged = judge.look(made)
        right = (judged == asked).float().view(CLASSES, -1).mean(1)
        relative = spread(made, asked) / unseen_spread
        return {
            "judged_as_asked": right.mean().item(),
            "judged_as_asked_worst_class": right.min().item(),
            "frechet_to_unseen": frechet(features, unseen_features),
            "diversity": float(relative.mean()),
            "diversity_worst_class": float(relative.min()),
            "nearest_training_digit": nearest(made),
        }

    return {
        "real": {
            "judged_right": round((judged_unseen == unseen[1]).float().mean().item(), 4),
            "frechet_seen_to_unseen": round(frechet(seen_features, unseen_features), 4),
            "nearest_training_digit": round(nearest(unseen[0]), 4),
        },
        "generated": over_seeds(generated),
    }


def over_seeds(figures: Callable[[int], dict[str, float]]) -> dict[str, dict[str, float]]:
    """Mean and range of each of ``figures(seed)`` over SEEDS."""
    rows = [figures(seed) for seed in SEEDS]
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    return {
        name: {
            "mean": round(sum(values) / len(values), 4),
            "lowest": round(min(values), 4),
            "highest": round(max(values), 4),
        }
        for name, values in columns.items()
    }


def measure_truncation(
    generator: Generator, judge: Judge, unseen: tuple[Tensor, Tensor]
) -> dict[str, dict[str, dict[str, float]]]:
    """What truncation costs in variety and gives in correctness."""
    unseen_spread = spread(*unseen)

    def figures(seed: int, truncation: float) -> dict[str, float]:
        made, asked = sample(generator, seed, truncation)
        right = (judge.look(made)[1] == asked).float().mean().item()
        return {
            "judged_as_asked": right,
            "diversity": float((spread(made, asked) / unseen_spread).mean()),
        }

    return {
        str(truncation): over_seeds(partial(figures, truncation=truncation))
        for truncation in (0.5, 1.0, 1.5, 2.0, 3.0, 4.0)
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--output", type=Path, default=ROOT / "assets/gan/digits.safetensors")
    parser.add_argument("--steps", type=int, default=12_000)
    parser.add_argument("--width", type=int, default=32)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--every", type=int, default=500, help="steps between checkpoints")
    parser.add_argument(
        "--measure", action="store_true", help="measure the file at --output, without training"
    )
    args = parser.parse_args()
    torch.set_num_threads(args.threads)

    pictures, labels = load_mnist(args.data)
    order = torch.randperm(len(pictures), generator=torch.Generator().manual_seed(args.seed))
    kept, held_out = order[HELD_OUT:], order[:HELD_OUT]
    seen, unseen = (pictures[kept], labels[kept]), (pictures[held_out], labels[held_out])
    judge = train_judge(*seen, seed=args.seed)
    if args.measure:
        generator = load_generator(args.output)
        figures = measure(generator, judge, seen, unseen)
        figures["truncation"] = measure_truncation(generator, judge, unseen)
        print(json.dumps(figures, indent=2))
        return

    trainer = Trainer(
        seen[0],
        NetworkConfig(size=SIZE, width=args.width, classes=CLASSES),
        TrainingConfig(seed=args.seed, ema_half_life=20_000),
        labels=seen[1],
    )
    args.output.parent.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    for number in range(1, args.steps + 1):
        trainer.step()
        if number % args.every == 0 or number == args.steps:
            save_generator(
                trainer.average,
                args.output,
                data="MNIST test set, CC BY-SA 3.0",
                steps=str(number),
                seed=str(args.seed),
            )
            # Measured from the file, so with its rounding.
            figures = measure(load_generator(args.output), judge, seen, unseen)
            report = {
                "steps": number,
                "minutes": round((time.monotonic() - started) / 60, 1),
                **figures,
            }
            args.output.with_suffix(".json").write_text(json.dumps(report, indent=2) + "\n")
            sheet = draw_digits(load_generator(args.output), range(CLASSES), 0, 6, 2.0)
            Image.fromarray(sheet).convert("L").save(args.output.with_suffix(".png"), optimize=True)
            print(json.dumps(report), trainer.means(), flush=True)


if __name__ == "__main__":
    main()
