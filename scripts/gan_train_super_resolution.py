"""Train the networks that enlarge pictures by 4, and write them to assets/gan.

    python scripts/gan_train_perceptual.py CIFAR10
    python scripts/gan_train_super_resolution.py l1 --photos BSDS500 --portraits portraits.npz
    python scripts/gan_train_super_resolution.py gan --photos BSDS500 --portraits portraits.npz
    python scripts/gan_train_super_resolution.py measure --photos BSDS500 --portraits lfw.npz

BSDS500 has the folders train, val and test; both npz files are written by gan_align_portraits.py,
lfw.npz from another set of faces, as portraits.npz holds most portraits twice. ``gan`` goes on from
the network of ``l1``. Seen by no network: the photos of val, and lfw.npz, of which the last 200 are
measured. All end by printing the figures of the held-out pictures as JSON;
``measure`` also writes them to super_resolution.json.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable, Iterator
from copy import deepcopy
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn.functional import l1_loss, relu

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from plugins.gan.translation.degrade import bicubic, crop, shrink, to_picture, to_tensor
from plugins.gan.translation.enlarger import Enlarger, load_enlarger, save_enlarger
from plugins.gan.translation.patches import PatchDiscriminator
from plugins.gan.translation.quality import (
    compare,
    load_eye,
    luma_psnr,
    perceptual_distance,
)

HELD_OUT = 200
"""Portraits that are measured and not learnt from: the last ones of the file."""
L1, GAN = "super_resolution_l1.safetensors", "super_resolution_gan.safetensors"
EYE, EYE_FOR_LOSS = "perceptual.safetensors", "perceptual_for_loss.safetensors"


def photos(folder: Path, parts: Iterable[str]) -> list[np.ndarray]:
    """The pictures of BSDS500's ``parts``, sides cut to multiples of 4."""
    files = sorted(file for part in parts for file in folder.rglob(f"{part}/*.jpg"))
    return [crop(np.asarray(Image.open(file).convert("RGB"))) for file in files]


def portraits(file: Path, held_out: bool) -> list[np.ndarray]:
    with np.load(file) as data:
        pictures = data["pictures"]
    return list(pictures[-HELD_OUT:] if held_out else pictures[:-HELD_OUT])


class Pairs:
    """Random patches of large pictures and the same places of the small ones."""

    def __init__(self, large: list[np.ndarray], side: int, turn: bool) -> None:
        self.large, self.side, self.turn = large, side, turn
        self.small = [to_picture(shrink(to_tensor(each))) for each in large]

    def draw(self, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        number, side = int(random.integers(len(self.large))), self.side
        small, large = self.small[number], self.large[number]
        top, left = (int(random.integers(length - side + 1)) for length in small.shape[:2])
        pair = [
            small[top : top + side, left : left + side],
            large[4 * top : 4 * (top + side), 4 * left : 4 * (left + side)],
        ]
        if random.random() < 0.5:
            pair = [each[:, ::-1] for each in pair]
        if self.turn:
            quarter = int(random.integers(4))
            pair = [np.rot90(each, quarter) for each in pair]
        return pair[0], pair[1]


def batches(
    sources: tuple[Pairs, Pairs], size: int, steps: int, seed: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """``size`` small patches and large ones, three in four of photos, in [0, 1]."""
    random = np.random.default_rng(seed)
    for _ in range(steps):
        pairs = [sources[number % 4 == 0].draw(random) for number in range(size)]
        yield tuple(  # type: ignore[misc]
            torch.from_numpy(np.stack(each)).permute(0, 3, 1, 2).float() / 255
            for each in zip(*pairs, strict=True)
        )


class Average:
    """A running mean of a network's weights."""

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.network, self.decay = deepcopy(network).eval(), decay

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        for mine, its in zip(self.network.parameters(), network.parameters(), strict=True):
            mine.lerp_(its, 1 - self.decay)


def autocast() -> torch.autocast:
    return torch.autocast("cpu", torch.bfloat16)


def train_l1(args: argparse.Namespace, sources: tuple[Pairs, Pairs]) -> None:
    torch.manual_seed(args.seed)
    network = Enlarger().to(memory_format=torch.channels_last)
    average = Average(network, 0.998)
    optimiser = torch.optim.Adam(network.parameters(), 1e-3, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, 1e-3, args.steps, pct_start=0.05, final_div_factor=100
    )
    clock, lost = time.monotonic(), 0.0
    for step, (small, large) in enumerate(batches(sources, 16, args.steps, args.seed), 1):
        with autocast():
            loss = l1_loss(network(small.contiguous(memory_format=torch.channels_last)), large)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        average.update(network)
        lost += loss.item()
        if step % 500 == 0 or step == args.steps:
            save_enlarger(average.network, args.output / L1, steps=str(step), seed=str(args.seed))
            print(
                step, f"{time.monotonic() - clock:.0f} s", lost / 500, brief(args, L1), flush=True
            )
            lost = 0.0


def train_gan(args: argparse.Namespace, sources: tuple[Pairs, Pairs]) -> None:
    torch.manual_seed(args.seed)
    generator = load_enlarger(args.output / L1).train().requires_grad_(True)
    average = Average(generator, 0.998)
    discriminator = PatchDiscriminator().to(memory_format=torch.channels_last)
    eye = load_eye(args.work / EYE_FOR_LOSS)
    optimiser_g = torch.optim.Adam(generator.parameters(), args.rate, (0.5, 0.99), fused=True)
    optimiser_d = torch.optim.Adam(discriminator.parameters(), 2 * args.rate, (0.5, 0.99))
    schedules = [
        torch.optim.lr_scheduler.OneCycleLR(
            each, each.param_groups[0]["lr"], args.steps, pct_start=0.05, final_div_factor=4
        )
        for each in (optimiser_g, optimiser_d)
    ]
    clock = time.monotonic()
    sums = torch.zeros(5)
    for step, (small, large) in enumerate(batches(sources, 8, args.steps, args.seed + 1), 1):
        plain = bicubic(small).contiguous(memory_format=torch.channels_last)
        with autocast():
            made = generator(small.contiguous(memory_format=torch.channels_last))
            discriminator.requires_grad_(False)
            pixels = l1_loss(made, large)
            seen = perceptual_distance(eye, made, large).mean()
            adversarial = -discriminator(made, plain).mean()
            loss_g = args.pixels * pixels + args.seen * seen + args.adversarial * adversarial
        optimiser_g.zero_grad()
        loss_g.backward()
        nn.utils.clip_grad_norm_(generator.parameters(), 1.0)
        optimiser_g.step()
        discriminator.requires_grad_(True)
        with autocast():
            real, fake = discriminator(large, plain), discriminator(made.detach(), plain)
            loss_d = relu(1 - real).mean() + relu(1 + fake).mean()
        optimiser_d.zero_grad()
        loss_d.backward()
        optimiser_d.step()
        for schedule in schedules:
            schedule.step()
        average.update(generator)
        sums += torch.stack([pixels, seen, loss_d, real.mean(), fake.mean()]).detach()
        if step % 250 == 0 or step == args.steps:
            save_enlarger(average.network, args.output / GAN, steps=str(step), seed=str(args.seed))
            means = [round(each, 4) for each in (sums / 250).tolist()]
            print(step, f"{time.monotonic() - clock:.0f} s", means, brief(args, GAN), flush=True)
            sums.zero_()


def brief(args: argparse.Namespace, name: str) -> dict[str, float]:
    """Mean figures of some held-out pictures, while training."""
    network = load_enlarger(args.output / name)
    chosen = [*photos(args.photos, ["val"])[:12], *portraits(args.portraits, True)[:12]]
    errors: list[list[float]] = [[], [], []]
    eye = load_eye(args.output / EYE) if (args.output / EYE).is_file() else None
    with torch.inference_mode():
        for large in chosen:
            small = shrink(to_tensor(large))
            answer, plain = to_picture(network(small)), to_picture(bicubic(small))
            errors[0].append(luma_psnr(plain, large))
            errors[1].append(luma_psnr(answer, large))
            if eye is not None:
                errors[2].append(compare(eye, answer, large).perceptual)
    half = len(chosen) // 2
    names = ("bicubic", "luma", "perceptual")
    return {
        f"{name} {kind}": round(float(np.mean(part)), 3)
        for name, values in zip(names, errors, strict=True)
        if values
        for kind, part in (("photos", values[:half]), ("portraits", values[half:]))
    }


@torch.inference_mode()
def measure(args: argparse.Namespace) -> dict[str, dict[str, dict[str, float]]]:
    """Mean figures over the held-out pictures: for photos, portraits and all, for each answer."""
    networks = {
        name: load_enlarger(args.output / file)
        for name, file in (("L1 only", L1), ("GAN", GAN))
        if (args.output / file).is_file()
    }
    eye = load_eye(args.output / EYE)
    kinds = {"photos": photos(args.photos, ["val"]), "portraits": portraits(args.portraits, True)}
    rows: dict[str, dict[str, list[list[float]]]] = {}
    for kind, pictures in kinds.items():
        for large in pictures:
            small = shrink(to_tensor(large))
            answers = {"bicubic": to_picture(bicubic(small))}
            answers |= {name: to_picture(network(small)) for name, network in networks.items()}
            for name, answer in answers.items():
                found = compare(eye, answer, large)
                row = [found.psnr, luma_psnr(answer, large), found.ssim, found.perceptual]
                for group in (kind, "all"):
                    rows.setdefault(group, {}).setdefault(name, []).append(row)
    measures = ("psnr_rgb", "psnr_luma", "ssim", "perceptual")
    return {
        f"{group} ({len(next(iter(answers.values())))})": {
            name: dict(zip(measures, np.mean(values, 0).round(4).tolist(), strict=True))
            for name, values in answers.items()
        }
        for group, answers in rows.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("stage", choices=["l1", "gan", "measure"])
    data = ROOT.parent / "shared" / "data"
    parser.add_argument("--photos", type=Path, default=data / "BSDS500")
    parser.add_argument("--portraits", type=Path, default=data / "portraits.npz")
    parser.add_argument("--output", type=Path, default=ROOT / "assets" / "gan")
    parser.add_argument(
        "--work", type=Path, default=Path(), help="where the network of the loss is"
    )
    parser.add_argument("--steps", type=int, default=8_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rate", type=float, default=2e-4, help="of the generator in gan")
    parser.add_argument("--pixels", type=float, default=1.0, help="weight of L1 in gan")
    parser.add_argument("--seen", type=float, default=0.1, help="weight of the features in gan")
    parser.add_argument("--adversarial", type=float, default=2e-2, help="its weight in gan")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    if args.stage != "measure":
        sources = (
            Pairs(photos(args.photos, ["train", "test"]), 24, turn=True),
            Pairs(portraits(args.portraits, False), 24, turn=False),
        )
        (train_l1 if args.stage == "l1" else train_gan)(args, sources)
    figures = json.dumps(measure(args), indent=2)
    print(figures)
    if args.stage == "measure":
        (args.output / "super_resolution.json").write_text(figures + "\n")


if __name__ == "__main__":
    main()
