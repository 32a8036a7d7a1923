"""What a step of training a DCGAN costs, against the reference recipe.

At 64x64 with width 64, 3 channels, latent 100 and batches of 64: our trainer against
pytorch/examples' DCGAN with its own networks, and against the same recipe with our networks, which
lack the discriminator's batch norm. The pictures are noise, which does not change the time. The
reference has no R1 penalty; ours is timed without and with it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import torch
from gan_peers import ReferenceRecipe, reference_discriminator, reference_generator
from rows import Row, compared, report
from timing import alternate, seconds

from host.devices import usable_cores
from plugins.gan.networks import Discriminator, Generator, NetworkConfig
from plugins.gan.training import Trainer, TrainingConfig

NETWORKS = NetworkConfig(size=64, channels=3, latent=100, width=64)
BATCH = 64


def steps(trainer: Trainer | ReferenceRecipe, count: int) -> float:
    """Seconds of one, out of so many."""
    return seconds(lambda: [trainer.step() for _ in range(count)]) / count


def measure(options: argparse.Namespace) -> Iterator[Row]:
    batch = 8 if options.quick else BATCH
    plain = TrainingConfig(batch, r1=0)
    fast = TrainingConfig(batch, r1=0, precision="auto")
    whole = TrainingConfig(batch, precision="auto")
    every = whole.r1_every
    pictures = torch.rand(512, 3, 64, 64, generator=torch.Generator().manual_seed(0)) * 2 - 1
    for threads in sorted({1, usable_cores()}, reverse=True):
        torch.set_num_threads(threads)
        reference = ReferenceRecipe(
            pictures,
            reference_generator(NETWORKS.latent, NETWORKS.width, NETWORKS.channels),
            reference_discriminator(NETWORKS.width, NETWORKS.channels),
            NETWORKS.latent,
            batch,
        )
        same = ReferenceRecipe(
            pictures, Generator(NETWORKS), Discriminator(NETWORKS), NETWORKS.latent, batch
        )
        for what, config, against, peer, count in (
            ("float32, no R1", plain, "reference recipe, our networks", same, 2),
            ("float32, no R1", plain, "reference DCGAN", reference, 2),
            ("fastest precision, no R1", fast, "reference DCGAN", reference, 2),
            (
                f"fastest precision, R1 every {every} steps",
                whole,
                "reference DCGAN",
                reference,
                every,
            ),
        ):
            ours = Trainer(pictures, NETWORKS, config)
            ours.step(), peer.step()
            count = 1 if options.quick else count
            us, them = alternate(
                lambda ours=ours, count=count: steps(ours, count),
                lambda peer=peer, count=count: steps(peer, min(count, 2)),
                options.rounds,
            )
            name = f"A DCGAN step, {threads} thread{'s' * (threads > 1)}, {what}"
            note = ours.precision if config.precision == "auto" else ""
            yield compared(name, against, us, them, "s", note)


if __name__ == "__main__":
    report(measure, __doc__, rounds=9)
