"""The GAN plugin's work: drawing digits with the shipped generator, and training a new one."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from host import Context, Device, UserError
from plugins.gan import checks
from plugins.gan.checkpoint import load_generator
from plugins.gan.latents import latents
from plugins.gan.networks import Generator, NetworkConfig
from plugins.gan.pictures import bundled_digits, to_grid
from plugins.gan.results import TrainStep, WalkResult
from plugins.gan.sampling import draw_digits, walk
from plugins.gan.torchvision_compat import torchvision
from plugins.gan.training import Trainer, TrainingConfig

log = logging.getLogger(__name__)

CHECKPOINT = Path(__file__).resolve().parents[2] / "assets" / "gan" / "digits.safetensors"
SIZE = 32
MAX_PICTURES = 144
GRID_SIDE = 8
"""The training grid shows GRID_SIDE x GRID_SIDE samples."""
REPORT_SECONDS = 0.7


class GanBackend:
    """Owns the shipped generator. A training run lives only as long as its generator object."""

    def __init__(self, context: Context) -> None:
        self._device, self._device_name = _usable(context.device)
        self._generator = load_generator(CHECKPOINT, self._device)
        # The first optimiser and convolutions of a process take seconds: spend them here, so
        # that the first visitor sees a grid at once.
        for _ in self.train(steps=1, batch_size=8, width=8):
            pass
        self.generate()

    def health(self) -> dict[str, str]:
        """Lines for the status tab."""
        parameters = sum(p.numel() for p in self._generator.parameters())
        return {
            "model": f"{CHECKPOINT.name}, {parameters:,} parameters",
            "device": self._device_name,
            "torch": torch.__version__,
            "torchvision": torchvision.__version__,
        }

    def generate(
        self, digits: str | int = "all", seed: int = 0, count: int = 6, truncation: float = 2.0
    ) -> np.ndarray:
        """Draw digits that nobody wrote, all in one picture, RGB uint8 (H, W, 3).

        digits: "all", one digit, or a number of up to 12 digits.
        seed: 0 to 2**32 - 1; the same seed draws the same random numbers on every machine;
            pictures agree but for rounding.
        count: how many latent vectors to draw. Each gives one digit, or a row with every digit
            asked for: one row, one handwriting.
        truncation: 0.1 to 4 standard deviations; latents are drawn within it. Small is neat and
            alike, large is varied and sometimes wrong.

        Raises UserError for anything outside these ranges, or for more than 144 pictures.
        """
        classes = checks.digit_string(digits)
        seed = checks.seed(seed)
        count = checks.whole("The number of samples", count, 1, MAX_PICTURES)
        truncation = checks.number("The truncation", truncation, 0.1, 4.0)
        if count * len(classes) > MAX_PICTURES:
            raise UserError(
                f"{count} rows of {len(classes)} digits are {count * len(classes)} pictures; "
                f"at most {MAX_PICTURES} can be drawn at once."
            )
        return draw_digits(self._generator, classes, seed, count, truncation)

    def walk(
        self,
        digit_from: str | int = 3,
        digit_to: str | int = 8,
        seed_from: int = 0,
        seed_to: int = 1,
        frames: int = 32,
        truncation: float = 2.0,
    ) -> WalkResult:
        """Walk from one seed's latent to another's, and from one class to another.

        digit_from, digit_to: 0 to 9; the class embeddings are blended linearly between them.
        frames: 2 to 60. The latents go along the great circle, the two ends are the
            pictures of :meth:`generate` but for rounding.

        Raises UserError for anything outside these ranges.
        """
        return walk(
            self._generator,
            (
                checks.digit(digit_from, "The first digit"),
                checks.digit(digit_to, "The last digit"),
            ),
            (
                checks.seed(seed_from, "The first seed"),
                checks.seed(seed_to, "The last seed"),
            ),
            checks.whole("The number of frames", frames, 2, 60),
            checks.number("The truncation", truncation, 0.1, 4.0),
        )

    def train(
        self,
        steps: int = 1500,
        batch_size: int = 32,
        width: int = 32,
        learning_rate_g: float = 2e-3,
        learning_rate_d: float = 2e-3,
        seed: int = 0,
        r1: float = 0.1,
    ) -> Iterator[TrainStep]:
        """Train a DCGAN on scikit-learn's digits at 32x32, and report about every 0.7 seconds.

        The first report comes before the first step, the last one after the last. Nothing of
        the run is kept: closing the generator ends it.

        steps: 1 to 20,000 updates of each network. batch_size: 8 to 256 real pictures a step.
        width: 8 to 64 channels in the finest layer. learning_rate_g, learning_rate_d: 1e-6 to
        1e-2. seed: decides the weights, the order of the pictures and the latents. r1: 0 to 100,
        weight of the R1 penalty.

        Raises UserError, at once, for anything outside these ranges.
        """
        steps = checks.whole("The number of steps", steps, 1, 20_000)
        networks = NetworkConfig(size=SIZE, width=checks.whole("The width", width, 8, 64))
        config = TrainingConfig(
            batch_size=checks.whole("The batch size", batch_size, 8, 256),
            learning_rate_g=checks.number(
                "The generator's learning rate", learning_rate_g, 1e-6, 1e-2
            ),
            learning_rate_d=checks.number(
                "The discriminator's learning rate", learning_rate_d, 1e-6, 1e-2
            ),
            r1=checks.number("The R1 weight", r1, 0.0, 100.0),
            seed=checks.seed(seed),
        )
        return self._train(steps, networks, config)

    def _train(
        self, steps: int, networks: NetworkConfig, config: TrainingConfig
    ) -> Iterator[TrainStep]:
        started = reported = time.monotonic()
        pictures, _ = bundled_digits(networks.size)
        trainer = Trainer(pictures, networks, config, self._device)
        fixed = latents(config.seed, GRID_SIDE**2, networks.latent, truncation=4.0).to(self._device)
        # Untrained, the running statistics of batch norm would give plain grey.
        untrained = deepcopy(trainer.average).train()
        yield TrainStep(0, steps, _samples(untrained, fixed), 0, 0, 0.5, 0.5, 0, 0, 0, 0, 0)
        last = 0
        for step in range(1, steps + 1):
            trainer.step()
            now = time.monotonic()
            if now - reported < REPORT_SECONDS and step < steps:
                continue
            means = trainer.means()
            gradient_g, gradient_d = trainer.gradient_norms()
            grid = _samples(trainer.average, fixed)
            now = time.monotonic()
            yield TrainStep(
                step=step,
                steps=steps,
                grid=grid,
                loss_g=means.loss_g,
                loss_d=means.loss_d,
                score_real=means.score_real,
                score_fake=means.score_fake,
                gradient_g=gradient_g,
                gradient_d=gradient_d,
                seconds=now - started,
                seconds_left=(now - started) / step * (steps - step),
                images_per_second=(step - last) * config.batch_size / max(now - reported, 1e-9),
            )
            last, reported = step, time.monotonic()


@torch.inference_mode()
def _samples(generator: Generator, fixed: Tensor) -> np.ndarray:
    return to_grid(generator(fixed), GRID_SIDE, scale=2)


def _usable(device: Device) -> tuple[str, str]:
    """PyTorch's name of the device that will be used, and what to tell people.

    The host trusts the driver, but PyTorch may be a build for the CPU: then the CPU is used.
    """
    if device.kind == "cpu" or torch.cuda.is_available():
        return device.torch, str(device)
    reason = "CUDA does not start" if torch.backends.cuda.is_built() else "this build has no CUDA"
    name = f"cpu (PyTorch sees no GPU: {reason})"
    log.warning("%s was promised; using %s", device, name)
    return "cpu", name
