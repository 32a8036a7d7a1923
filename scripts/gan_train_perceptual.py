"""Train the network that measures how alike two pictures look: assets/gan/perceptual.safetensors.

    python scripts/gan_train_perceptual.py CIFAR10 [--epochs N] [--seed N]

CIFAR10 has a folder of pictures for each class. Two small classifiers learn, from different seeds:
one to measure with, and perceptual_for_loss.safetensors in --work, which the training of the GAN
uses as a loss. So what is measured is not what was trained for.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.nn.functional import cross_entropy

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from plugins.gan.translation.quality import Eye, save_eye


def train_eye(folder: Path, seed: int, epochs: float) -> tuple[Eye, float]:
    """A classifier of CIFAR-10's training pictures, but for the last 100 of each class, and its
    accuracy on those."""
    torch.manual_seed(seed)
    pictures, labels, unseen = [], [], []
    for label, name in enumerate(sorted(each for each in folder.iterdir() if each.is_dir())):
        files = sorted(name.iterdir())
        pictures += [np.asarray(Image.open(file).convert("RGB")) for file in files]
        labels += [label] * len(files)
        unseen += [number >= len(files) - 100 for number in range(len(files))]
    x = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).contiguous()
    y, held = torch.tensor(labels), torch.tensor(unseen)
    learn = torch.nonzero(~held).squeeze(1)
    eye = Eye().to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(eye.parameters(), 1e-3, weight_decay=5e-2)
    steps = int(epochs * len(learn) / 100)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 8e-3, steps)
    order = torch.cat([learn[torch.randperm(len(learn))] for _ in range(int(epochs + 1))])
    for chosen in order.split(100)[:steps]:
        batch = x[chosen].float() / 255
        batch = batch.flip(3) if torch.rand(()) < 0.5 else batch
        with torch.autocast("cpu", torch.bfloat16):
            answer = eye(batch.contiguous(memory_format=torch.channels_last))
        optimiser.zero_grad()
        cross_entropy(answer.float(), y[chosen]).backward()
        optimiser.step()
        schedule.step()
    with torch.inference_mode():
        eye.eval()
        judged = torch.cat([eye(part.float() / 255) for part in x[held].split(200)]).argmax(1)
    return eye.requires_grad_(False), (judged == y[held]).float().mean().item()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("classes", type=Path)
    parser.add_argument("--output", type=Path, default=ROOT / "assets" / "gan")
    parser.add_argument("--work", type=Path, default=Path())
    parser.add_argument("--epochs", type=float, default=3, help="of each classifier")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    for seed, path in (
        (args.seed + 1, args.work / "perceptual_for_loss.safetensors"),
        (args.seed, args.output / "perceptual.safetensors"),
    ):
        eye, accuracy = train_eye(args.classes, seed, args.epochs)
        save_eye(eye, path, data="CIFAR-10", seed=str(seed))
        print(f"{path.name}: judges {accuracy:.1%} of unseen pictures right", flush=True)


if __name__ == "__main__":
    main()
