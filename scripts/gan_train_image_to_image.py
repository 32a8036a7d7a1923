"""Train the networks that make portraits of lines and colours for grey pictures.

    python scripts/gan_train_image_to_image.py edges --portraits portraits.npz
    python scripts/gan_train_image_to_image.py colour --portraits portraits.npz --photos BSDS500
    python scripts/gan_train_image_to_image.py measure --portraits lfw.npz --photos BSDS500

Both npz files are written by gan_align_portraits.py, lfw.npz from another set of faces, as
portraits.npz holds most portraits twice; BSDS500 has the folders train, val and test. A
network first learns with the L1 loss alone (edges_l1, colour_l1), then goes on with the
discriminator as well (edges_gan, colour_gan; ``--from-l1`` begins there). Every ``--every`` steps
the file is written anew, with a sheet of held-out pictures in --work. Seen by no network: the
photos of val, and lfw.npz, of which the last 200 are measured. ``measure`` prints the figures of
these pictures, which the enlarger's perceptual.safetensors must be there for, and writes them to
image_to_image.json and into the table of image_to_image.md.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from plugins.gan.loaded import LoadedNetworks
from plugins.gan.translation import colour
from plugins.gan.translation.batches import GREY, SIZE, Batch, colour_batch, edges_batch
from plugins.gan.translation.image_to_image import MEAN, ImageToImage
from plugins.gan.translation.lab import chroma, colourfulness, grey_of
from plugins.gan.translation.pix2pix import Pix2Pix, Pix2PixConfig
from plugins.gan.translation.unet import UNet, UNetConfig, load_unet, save_unet

BEGIN, END = "<!-- figures -->", "<!-- end -->"
"""Between them the card has the table of figures."""
MEASURES = ("psnr", "ssim", "perceptual", "colourfulness_share")
HELD_OUT = 200
"""Portraits that no network learns from: the last ones of the file."""
NETWORKS = {"edges": UNetConfig(1, 3), "colour": UNetConfig(1, 2)}
LEARNT_FROM = {
    "edges": "aligned portraits of the 'Human Faces' collection, see image_to_image.md",
    "colour": "BSDS500 (train, test) and aligned portraits, see image_to_image.md",
}


def portraits(file: Path, held_out: bool) -> np.ndarray:
    with np.load(file) as data:
        pictures: np.ndarray = data["pictures"]
    return pictures[-HELD_OUT:] if held_out else pictures[:-HELD_OUT]


def photos(folder: Path, parts: Iterable[str]) -> list[np.ndarray]:
    files = sorted(file for part in parts for file in folder.rglob(f"{part}/*.jpg"))
    return [np.asarray(Image.open(file).convert("RGB")) for file in files]


def train(
    trainer: Pix2Pix,
    batch: Batch,
    steps: int,
    adversarial: bool,
    rates: tuple[float, float],
    checkpoint: Callable[[int], None],
    every: int,
) -> None:
    """``rates``: the generator's learning rate falls from the first to the second (cosine)."""
    started, sums = time.monotonic(), np.zeros(3)
    for number in range(1, steps + 1):
        share = (1 + math.cos(math.pi * number / steps)) / 2
        for group in trainer.optimiser_g.param_groups:
            group["lr"] = rates[1] + (rates[0] - rates[1]) * share
        losses = trainer.step(*batch(), adversarial)
        sums += (losses.l1, losses.adversarial, losses.discriminator)
        if number % every == 0 or number == steps:
            means = sums / (number % every or every)
            sums[:] = 0
            minutes = (time.monotonic() - started) / 60
            print(
                f"{number} of {steps} steps, {minutes:.1f} minutes: L1 {means[0]:.4f}, "
                f"adversarial {means[1]:.3f}, discriminator {means[2]:.3f}",
                flush=True,
            )
            checkpoint(number)


def colour_sheet(network: UNet, pictures: list[np.ndarray]) -> np.ndarray:
    """Rows: grey, coloured, the truth; squares from the middle."""
    squares = [middle(each) for each in pictures]
    rows = [
        [grey_of(each) for each in squares],
        [colour.coloured(network, each) for each in squares],
        squares,
    ]
    return np.concatenate([np.concatenate(row, axis=1) for row in rows])


@torch.inference_mode()
def edges_sheet(network: UNet, batch: Batch) -> np.ndarray:
    """Rows: lines, portraits, the truth."""
    lines, truth = batch()
    answers = network(lines).clamp(-1, 1)
    rows = [torch.cat(list(each.expand(-1, 3, -1, -1)), dim=2) for each in (lines, answers, truth)]
    sheet = torch.cat(rows, dim=1).permute(1, 2, 0)
    return ((sheet + 1) * 127.5).round().to(torch.uint8).numpy()


def middle(picture: np.ndarray) -> np.ndarray:
    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = Image.fromarray(picture[top : top + side, left : left + side])
    return np.asarray(square.resize((SIZE, SIZE), Image.Resampling.LANCZOS))


def measure(args: argparse.Namespace) -> None:
    """The means over the held-out pictures, through the same code that answers a visitor."""
    translator = ImageToImage(LoadedNetworks("cpu", args.output))
    faces, scenes = portraits(args.portraits, True), photos(args.photos, ["val"])
    tasks = {
        "edges of portraits": [lambda p=p: translator.edges(p) for p in faces],
        "colours of portraits": [
            lambda p=p: translator.colour(p) for p in faces if chroma(p) >= GREY
        ],
        "colours of photos": [
            lambda p=p: translator.colour(p) for p in scenes if chroma(p) >= GREY
        ],
    }
    result: dict[str, dict[str, Any]] = {}
    for task, runs in tasks.items():
        rows: dict[str, list[list[float]]] = {}
        true = 0.0
        for run in runs:
            answered = run()
            assert answered.target is not None
            true += colourfulness(answered.target)
            for name, figures in answered.figures.items():
                colours = colourfulness(answered.answers[name])
                rows.setdefault(name, []).append([*asdict(figures).values(), colours])
        result[task] = {"pictures": len(runs)}
        for name, each in rows.items():
            means = np.mean(each, axis=0)
            # of the sums, as a grey portrait has no colourfulness to divide by
            means[-1] /= true / len(runs)
            result[task][name] = dict(zip(MEASURES, means.round(4).tolist(), strict=True))
        print(json.dumps({task: result[task]}), flush=True)
    (args.output / "image_to_image.json").write_text(json.dumps(result, indent=1) + "\n")
    card = args.output / "image_to_image.md"
    before, _, rest = card.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    card.write_text(f"{before}{BEGIN}\n{table(result)}\n{END}{after}")


def table(result: dict[str, dict[str, Any]]) -> str:
    lines = [
        "| task | answer | PSNR (dB) | SSIM | perceptual | colourfulness |",
        "|---|---|---|---|---|---|",
    ]
    for task, found in result.items():
        for name, row in found.items():
            if name != "pictures":
                lines.append(
                    f"| {task} ({found['pictures']}) | {name} | {row['psnr']:.2f} "
                    f"| {row['ssim']:.3f} | {row['perceptual']:.3f} "
                    f"| {row['colourfulness_share']:.2f} |"
                )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("task", choices=["edges", "colour", "measure"])
    parser.add_argument("--portraits", type=Path, required=True)
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--output", type=Path, default=ROOT / "assets" / "gan")
    parser.add_argument("--work", type=Path, default=ROOT / "build", help="for the sheets")
    parser.add_argument("--steps-l1", type=int, default=2400)
    parser.add_argument("--steps-gan", type=int, default=2400)
    parser.add_argument("--from-l1", action="store_true", help="begin with the file of the L1 loss")
    parser.add_argument("--resume", action="store_true", help="go on from the file of the L1 loss")
    parser.add_argument("--l1", type=float, default=30.0, help="its weight against the GAN's loss")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--precision", default="bfloat16", choices=["float32", "bfloat16"])
    parser.add_argument("--every", type=int, default=300, help="steps between checkpoints")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    if args.photos is None and args.task != "edges":
        parser.error("--photos is needed")
    if args.task == "measure":
        measure(args)
    else:
        learn(args)


def learn(args: argparse.Namespace) -> None:
    args.output.mkdir(parents=True, exist_ok=True)
    args.work.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(args.seed)
    rng = np.random.default_rng(args.seed)
    config = Pix2PixConfig(l1=args.l1, precision=args.precision)
    trainer = Pix2Pix(NETWORKS[args.task], config)
    seen, unseen = portraits(args.portraits, False), portraits(args.portraits, True)
    if args.task == "edges":
        batch = edges_batch(seen, args.batch, rng)
        Image.fromarray(seen.mean(axis=0).round().astype(np.uint8)).save(args.output / MEAN)
    else:
        batch = colour_batch(seen, photos(args.photos, ["train", "test"]), args.batch, rng)
        examples = photos(args.photos, ["val"])[:6] + list(unseen[:4])
    first = args.output / f"{args.task}_l1.safetensors"
    for adversarial, steps in ((False, args.steps_l1), (True, args.steps_gan)):
        file = args.output / f"{args.task}_gan.safetensors" if adversarial else first
        if (args.from_l1 or args.resume) and not adversarial:
            weights = load_unet(first).state_dict()
            trainer.generator.load_state_dict(weights)
            trainer.average.load_state_dict(weights)
        if args.from_l1 and not adversarial:
            continue

        def checkpoint(number: int, file: Path = file) -> None:
            save_unet(
                trainer.average,
                file,
                data=LEARNT_FROM[args.task],
                steps=str(number),
                seed=str(args.seed),
            )
            network = load_unet(file)
            if args.task == "edges":
                sheet = edges_sheet(network, edges_batch(unseen, 10, np.random.default_rng(1)))
            else:
                sheet = colour_sheet(network, examples)
            Image.fromarray(sheet).save(args.work / f"{file.stem}.png")

        # the L1 loss alone bears larger steps than the game does
        rates = (2e-4, 5e-5) if adversarial else (1e-3, 2e-4)
        train(trainer, batch, steps, adversarial, rates, checkpoint, args.every)


if __name__ == "__main__":
    main()
