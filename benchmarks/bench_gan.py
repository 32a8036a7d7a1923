"""What a training step costs against the usual recipe, and what a live run comes to.

    python benchmarks/bench_gan.py [ROUNDS]
    python benchmarks/bench_gan.py --live [--data DIR] [--seconds 150] [--threads 2]

The first trains a DCGAN at 64x64 (width 64, 3 channels, latent 100, batches of 64) with our
trainer and with the recipe that is found most often: the same networks, but pictures from a
DataLoader, memory in the default layout, float32, the discriminator's two halves in separate
passes, and Adam as it comes. Both take the same losses. Ours is timed without R1, which the recipe
does not have, and with it; the pictures are noise, which does not change the time.

The second trains LIVE_DIGITS from nothing on MNIST's test digits for so many seconds of processor
time for each thread, and judges the result.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from timing import alternate, machine, row
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, one_hot
from torch.utils.data import DataLoader, TensorDataset

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from plugins.gan.networks import Discriminator, Generator, NetworkConfig
from plugins.gan.training import Trainer, TrainingConfig
from plugins.gan.training.presets import LIVE_DIGITS, LIVE_DIGITS_NETWORKS

NETWORKS = NetworkConfig(size=64, channels=3, latent=100, width=64)
BATCH = 64


class UsualRecipe:
    """A step of DCGAN as most programs write it."""

    def __init__(self, pictures: Tensor) -> None:
        self.generator, self.discriminator = Generator(NETWORKS), Discriminator(NETWORKS)
        self.adam_g, self.adam_d = (
            torch.optim.Adam(network.parameters(), lr=2e-4, betas=(0.5, 0.999))
            for network in (self.generator, self.discriminator)
        )
        self.loader = DataLoader(TensorDataset(pictures), BATCH, shuffle=True, drop_last=True)
        self.batches = self.endless()

    def endless(self) -> Iterator[Tensor]:
        while True:
            for (batch,) in self.loader:
                yield batch

    def loss(self, pictures: Tensor, target: float) -> Tensor:
        logits = self.discriminator(pictures)
        return binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))

    def step(self) -> tuple[float, float]:
        reals = next(self.batches)
        self.adam_d.zero_grad()
        loss_real = self.loss(reals, 1.0)
        loss_real.backward()
        fakes = self.generator(torch.randn(len(reals), NETWORKS.latent))
        loss_fake = self.loss(fakes.detach(), 0.0)
        loss_fake.backward()
        self.adam_d.step()
        self.adam_g.zero_grad()
        loss_g = self.loss(fakes, 1.0)
        loss_g.backward()
        self.adam_g.step()
        return loss_g.item(), (loss_real + loss_fake).item()


def seconds(step: Callable[[], object], steps: int, clock: Callable[[], float]) -> float:
    began = clock()
    for _ in range(steps):
        step()
    return (clock() - began) / steps


def speed(rounds: int, threads: list[int], clock: Callable[[], float]) -> None:
    counted = "processor time, " if clock is time.process_time else ""
    print(f"A DCGAN step, 64x64, width 64, {BATCH} pictures ({machine()}), {counted}ms\n")
    print("| | Triptych | usual recipe | ratio |\n|---|---|---|---|")
    pictures = torch.rand(512, 3, 64, 64, generator=torch.Generator().manual_seed(0)) * 2 - 1
    for count in threads:
        torch.set_num_threads(count)
        named = f"{count} thread{'s' if count > 1 else ''}"
        for what, config, steps in (
            ("float32, without R1", TrainingConfig(BATCH, r1=0), 2),
            ("float32, with R1 every 4th step", TrainingConfig(BATCH, r1_every=4), 4),
            ("precision auto, without R1", TrainingConfig(BATCH, r1=0, precision="auto"), 2),
        ):
            ours, recipe = Trainer(pictures, NETWORKS, config), UsualRecipe(pictures)
            ours.step(), recipe.step()
            us, them = alternate(
                lambda ours=ours, steps=steps: seconds(ours.step, steps, clock),
                lambda recipe=recipe, steps=steps: seconds(recipe.step, steps, clock),
                rounds,
            )
            name = f"{named}, {what}"
            name += f" ({ours.precision})" if config.precision == "auto" else ""
            print(row(name, us, them, unit=1e-3), flush=True)


@torch.no_grad()
def draw(generator: nn.Module, count: int) -> tuple[Tensor, Tensor]:
    """As many pictures of each class, and their classes."""
    classes = LIVE_DIGITS_NETWORKS.classes
    asked = torch.arange(classes).repeat_interleave(count // classes)
    random = torch.Generator().manual_seed(1)
    points = torch.randn(len(asked), LIVE_DIGITS_NETWORKS.latent, generator=random)
    parts = zip(points.split(500), one_hot(asked, classes).float().split(500), strict=True)
    return torch.cat([generator(z, y) for z, y in parts]), asked


def live(folder: Path, budget: float, threads: int, sheet: Path | None) -> None:
    sys.path.insert(0, str(ROOT / "scripts"))
    from gan_train_digits import HELD_OUT, split

    from plugins.gan.evaluation.classifier import train_classifier
    from plugins.gan.evaluation.evaluate import evaluate
    from plugins.gan.pictures import to_grid

    torch.set_num_threads(threads)
    seen, unseen = split(folder, seed=0)
    trainer = Trainer(seen[0], LIVE_DIGITS_NETWORKS, LIVE_DIGITS, labels=seen[1])
    began, clock = time.process_time(), time.perf_counter()
    while time.process_time() - began < budget * threads:
        trainer.step()
    wall = time.perf_counter() - clock
    print(
        f"{trainer.step_number:,} steps in {budget:g} s of processor time for each of {threads} "
        f"threads, {wall:.0f} s by the clock ({machine()}), {trainer.precision}"
    )
    made, asked = draw(trainer.average, HELD_OUT)
    if sheet:
        from PIL import Image

        rows = made.view(10, -1, *made.shape[1:])[:, :12].transpose(0, 1).flatten(0, 1)
        Image.fromarray(to_grid(rows, columns=10, scale=2)).save(sheet)
    judge = train_classifier(seen[0], seen[1], seed=0)
    report = evaluate(judge, made, asked, *seen, *unseen)
    print("\n| measure | generated | real |\n|---|---|---|")
    for name, made_value, real_value in (
        ("class as asked", report.accuracy, report.accuracy_real),
        ("the same, worst class", report.accuracy_worst_class, None),
        ("recall", report.recall, report.recall_floor),
        ("precision", report.precision, report.precision_floor),
        ("Frechet distance", report.frechet, report.frechet_floor),
    ):
        print(
            f"| {name} | {made_value:.3f} | {'' if real_value is None else f'{real_value:.3f}'} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rounds", nargs="?", type=int, default=9)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument(
        "--processor-time",
        action="store_true",
        help="count processor time, for a busy machine; waiting threads count too, so use 1",
    )
    parser.add_argument("--live", action="store_true", help="train digits and judge them")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--seconds", type=float, default=150, help="for each thread, of --live")
    parser.add_argument("--sheet", type=Path, help="write samples of --live to this PNG")
    args = parser.parse_args()
    if args.live:
        live(args.data, args.seconds, max(args.threads), args.sheet)
    else:
        clock = time.process_time if args.processor_time else time.perf_counter
        speed(args.rounds, args.threads, clock)


if __name__ == "__main__":
    main()
