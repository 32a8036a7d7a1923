"""Train the shipped digit generator and write assets/gan/digits.safetensors.

    python scripts/gan_train_digits.py [--data DIR] [--steps N] [--seed N] [--threads N]

The data is MNIST's test set of 10,000 digits (t10k-*.gz in --data; downloaded by torchvision when
it is not there). The generator learns from 8,000 of them. The other 2,000 are never shown to any
network: scripts/gan_measure.py compares with them. Every 500 steps the file is written anew, with
a sheet of samples (WebP) beside it.
"""

from __future__ import annotations

import argparse
import gzip
import sys
import time
from copy import deepcopy
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import pad

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from plugins.gan.checkpoint import load_generator, save_generator
from plugins.gan.networks import Generator, NetworkConfig
from plugins.gan.sampling import draw
from plugins.gan.torchvision_compat import torchvision
from plugins.gan.training import Trainer, TrainingConfig

CLASSES, SIZE, HELD_OUT = 10, 32, 2_000


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


def split(folder: Path, seed: int) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Pictures and classes of the digits to learn from, and of the HELD_OUT others."""
    pictures, labels = load_mnist(folder)
    order = torch.randperm(len(pictures), generator=torch.Generator().manual_seed(seed))
    kept, held_out = order[HELD_OUT:], order[:HELD_OUT]
    return (pictures[kept], labels[kept]), (pictures[held_out], labels[held_out])


def widened(generator: Generator, spread: float) -> Generator:
    """A copy whose latents have ``spread`` times the standard deviation: more variety, and more
    digits that are malformed."""
    copy = deepcopy(generator)
    with torch.no_grad():
        copy.project.weight[:, : copy.config.latent] *= spread
    return copy


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--output", type=Path, default=ROOT / "assets/gan/digits.safetensors")
    parser.add_argument("--steps", type=int, default=15_000)
    parser.add_argument("--width", type=int, default=48)
    parser.add_argument("--rate", type=float, default=1e-3, help="of both, until half of the steps")
    parser.add_argument("--r1", type=float, default=0.3)
    parser.add_argument("--spread", type=float, default=1.4, help="of the latents, in the file")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--precision", default="bfloat16", choices=["float32", "bfloat16"])
    parser.add_argument("--every", type=int, default=500, help="steps between checkpoints")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)

    seen, _ = split(args.data, args.seed)
    trainer = Trainer(
        seen[0],
        NetworkConfig(size=SIZE, width=args.width, classes=CLASSES),
        TrainingConfig(
            learning_rate_g=args.rate,
            learning_rate_d=args.rate,
            r1=args.r1,
            ema_half_life=20_000,
            precision=args.precision,
            seed=args.seed,
        ),
        labels=seen[1],
    )
    args.output.parent.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    for number in range(1, args.steps + 1):
        # A high rate covers the data soon, and a falling one makes the strokes clean.
        rate = args.rate * min(1.0, 2 * (1 - number / (args.steps + 1)))
        trainer.set_rates(rate, rate)
        trainer.step()
        if number % args.every == 0 or number == args.steps:
            save_generator(
                widened(trainer.average, args.spread),
                args.output,
                data="MNIST test set, CC BY-SA 3.0",
                steps=str(number),
                seed=str(args.seed),
            )
            sheet = draw(load_generator(args.output), range(CLASSES), 0, 6, 2.0)
            Image.fromarray(sheet).save(args.output.with_suffix(".webp"), quality=90)
            minutes = (time.monotonic() - started) / 60
            print(f"{number} steps, {minutes:.1f} minutes", trainer.means(), flush=True)


if __name__ == "__main__":
    main()
