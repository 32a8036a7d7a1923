"""Train the shipped generator of portraits and write assets/gan/portraits.safetensors.

    python scripts/gan_align_portraits.py FOLDER portraits.npz
    python scripts/gan_train_portraits.py portraits.npz [--steps N] [--seed N]

The generator learns from the faces of ``portraits.npz`` scaled to 64x64, and from their mirror
images. HELD_OUT of them, drawn with the seed, are kept aside, and those among these that the set
holds twice are left out altogether: no network was shown the others. Every ``--every`` steps the
file is written anew, with a sheet of samples (WebP) beside it.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import avg_pool2d, normalize

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from plugins.gan.checkpoint import load_generator, save_generator
from plugins.gan.latents import latents
from plugins.gan.networks import NetworkConfig
from plugins.gan.pictures import to_grid
from plugins.gan.training import Trainer, TrainingConfig

SIZE, HELD_OUT = 64, 500
COPY = 0.98
"""Two portraits whose thumbnails correlate so are one."""


def load(path: Path, seed: int) -> tuple[Tensor, Tensor]:
    """The pictures to learn from and those that are unseen, (N, 3, SIZE, SIZE) in [-1, 1]."""
    with np.load(path) as file:
        pictures = [
            np.asarray(Image.fromarray(p).resize((SIZE, SIZE), Image.Resampling.LANCZOS))
            for p in file["pictures"]
        ]
    tensor = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1
    order = torch.randperm(len(tensor), generator=torch.Generator().manual_seed(seed))
    kept, others = tensor[order[HELD_OUT:]], tensor[order[:HELD_OUT]]
    return kept, others[~_copies(others, kept)]


def _copies(pictures: Tensor, of: Tensor) -> Tensor:
    """Which pictures are in ``of``, too, perhaps compressed once more: (N,) bool."""
    a, b = (
        normalize(small - small.mean(1, keepdim=True))
        for small in (avg_pool2d(each.mean(1), 4).flatten(1) for each in (pictures, of))
    )
    return (a @ b.T).amax(1) > COPY


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("portraits", type=Path)
    parser.add_argument("--output", type=Path, default=ROOT / "assets/gan/portraits.safetensors")
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--minutes", type=float, default=1e9, help="stop after so many")
    parser.add_argument("--width", type=int, default=32)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--precision", default="bfloat16", choices=["float32", "bfloat16"])
    parser.add_argument("--every", type=int, default=500, help="steps between checkpoints")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)

    seen, _ = load(args.portraits, args.seed)
    trainer = Trainer(
        torch.cat([seen, seen.flip(3)]),
        NetworkConfig(size=SIZE, channels=3, width=args.width),
        TrainingConfig(
            learning_rate_g=3e-4,
            learning_rate_d=3e-4,
            r1=0.05,
            ema_half_life=20_000,
            augment=True,
            precision=args.precision,
            seed=args.seed,
        ),
    )
    args.output.parent.mkdir(parents=True, exist_ok=True)
    fixed = latents(0, 60, trainer.generator.config.latent, truncation=2.0)
    started = time.monotonic()
    for number in range(1, args.steps + 1):
        trainer.step()
        minutes = (time.monotonic() - started) / 60
        if number % args.every and number != args.steps and minutes < args.minutes:
            continue
        save_generator(
            trainer.average,
            args.output,
            data=f"{len(seen)} portraits, see portraits.md",
            steps=str(number),
            seed=str(args.seed),
        )
        with torch.no_grad():
            sheet = to_grid(load_generator(args.output)(fixed), columns=10)
        Image.fromarray(sheet).save(args.output.with_suffix(".webp"), quality=90)
        print(f"{number} steps, {minutes:.1f} minutes", trainer.means(), flush=True)
        if minutes >= args.minutes:
            break


if __name__ == "__main__":
    main()
