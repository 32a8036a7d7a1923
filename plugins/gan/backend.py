"""The GAN plugin's work, a method for each thing that the page and programs can ask for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from host import Context, UserError, checks
from host.weights import Progress
from plugins.gan import sampling
from plugins.gan.augmentation import requests
from plugins.gan.augmentation.results import AugmentStep, ExportStep
from plugins.gan.digits import digit
from plugins.gan.evaluation.results import Report
from plugins.gan.game import turns
from plugins.gan.game.results import Turn
from plugins.gan.generation import neighbours, walking
from plugins.gan.generation.requests import asked
from plugins.gan.generation.results import NearestSheet, WalkResult
from plugins.gan.loaded import LoadedNetworks
from plugins.gan.models import ASSETS, SHIPPED
from plugins.gan.playground.play import play, slow_step
from plugins.gan.playground.points import read_csv
from plugins.gan.playground.results import Frame
from plugins.gan.playground.settings import PlaySettings
from plugins.gan.runs import live, studio
from plugins.gan.runs.live import LiveRun
from plugins.gan.runs.results import Opinion, TrainStep
from plugins.gan.runs.settings import RunSettings
from plugins.gan.torchvision_compat import torchvision
from plugins.gan.translation.image_to_image import ImageToImage
from plugins.gan.translation.results import DETAIL, Translation
from plugins.gan.translation.super_resolution import SuperResolution


class GanBackend:
    """Owns the shipped networks. Whatever a visitor trains lives in the visitor's page."""

    def __init__(self, context: Context) -> None:
        reason = "CUDA does not start" if torch.backends.cuda.is_built() else "it has no CUDA"
        why = f"PyTorch sees no GPU: {reason}"
        device, self._device_used = context.device.or_cpu(torch.cuda.is_available(), why)
        self._device = device.torch
        self._store = context.weights
        self._networks = LoadedNetworks(self._device, ASSETS)
        self._super_resolution = SuperResolution(self._networks)
        self._image_to_image = ImageToImage(self._networks)
        # The first optimiser and convolutions of a process take seconds: spend them here, so
        # that the first visitor sees a grid at once.
        for _ in self.train(RunSettings(steps=1, batch_size=8, width=8)):
            pass
        self.generate()

    # The shipped generators

    def generate(
        self,
        digits: str | int = "all",
        seed: int = 0,
        count: int = 6,
        truncation: float = 2.0,
        kind: str = "digits",
    ) -> np.ndarray:
        """Draw pictures that nobody made, all in one, RGB uint8 (H, W, 3).

        digits: "all", one digit, or a number of up to 12 digits; only for digits.
        seed: 0 to 2**32 - 1; the same seed draws the same random numbers on every machine;
            pictures agree but for rounding.
        count: how many latent vectors to draw. Each gives one picture, or a row with every digit
            asked for: one row, one handwriting.
        truncation: 0.1 to 4 standard deviations; latents are drawn within it. Small is neat and
            alike, large is varied and sometimes wrong.
        kind: "digits" or "portraits".

        Raises UserError for anything outside these ranges, or for more than 144 pictures.
        """
        generator, classes, seed, count, truncation = asked(
            self._networks, kind, digits, seed, count, truncation
        )
        return sampling.draw(generator, classes, seed, count, truncation, SHIPPED[kind].scale)

    def walk(
        self,
        digit_from: str | int = 3,
        digit_to: str | int = 8,
        seed_from: int = 0,
        seed_to: int = 1,
        frames: int = 32,
        truncation: float = 2.0,
        kind: str = "digits",
        through_all: bool = False,
    ) -> WalkResult:
        """Walk from one seed's latent to another's, and from one class to another.

        digit_from, digit_to: 0 to 9; the class embeddings are blended linearly between them.
        frames: 2 to 60. The latents go along the great circle, the two ends are the
            pictures of :meth:`generate` but for rounding.
        through_all: through every digit from 0 to 9 in place of the two.

        Raises UserError for anything outside these ranges.
        """
        generator = self._networks.generator(checks.one_of("The kind", kind, tuple(SHIPPED)))
        if not isinstance(through_all, bool):
            raise UserError('"through_all" must be true or false.')
        ends = [
            digit(digit_from, "The first digit"),
            digit(digit_to, "The last digit"),
        ]
        every = list(range(generator.config.classes))
        return walking.walk(
            generator,
            every if through_all or not every else ends,
            (
                checks.seed(seed_from, "The first seed"),
                checks.seed(seed_to, "The last seed"),
            ),
            checks.whole("The number of frames", frames, 2, 60),
            checks.number("The truncation", truncation, 0.1, 4.0),
            scale=128 // generator.config.size,
        )

    def nearest(
        self,
        digits: str | int = "all",
        seed: int = 0,
        count: int = 6,
        truncation: float = 2.0,
        kind: str = "digits",
    ) -> Iterator[Progress | NearestSheet]:
        """The first pictures of :meth:`generate` over the training pictures nearest to them.

        Downloads MNIST's test digits (1.6 MB) unless they are here. Raises UserError where they
        cannot be had, and for portraits, whose training pictures nobody can download.
        """
        generator, *request = asked(self._networks, kind, digits, seed, count, truncation)
        if kind != "digits":
            raise UserError(
                "The portraits it learnt from cannot be shown here; how near its pictures come to "
                "them was measured and is in its model card, assets/gan/portraits.md."
            )
        return neighbours.nearest_sheet(
            generator, *neighbours.asked(generator, *request), self._store
        )

    # Training, and what to do with what was trained

    def train(
        self,
        settings: RunSettings | None = None,
        files: Sequence[bytes] = (),
        state: bytes | None = None,
    ) -> Iterator[TrainStep]:
        """Train a DCGAN and report about every 0.7 seconds.

        settings: :class:`RunSettings`; None for its defaults. files: for ``data="own"``, the
            content of pictures and zips. state: of a :class:`TrainStep` or a saved run, to go on
            from; the pictures and the networks must be the same.

        The first report comes before the first step, the last one after the last, with the state
        then. Raises UserError, at once, for settings out of range, and on the way for pictures
        or a state that cannot be used.
        """
        checked = (settings or RunSettings()).checked()
        return LiveRun(checked, files, state, self._store, self._device).reports()

    def read_run(self, state: bytes) -> tuple[RunSettings, int]:
        """The settings of a saved run and its steps. Raises UserError for another file."""
        return live.read_run(state)

    def draw(self, state: bytes, number: str | int = "2026", seed: int = 0) -> np.ndarray:
        """A number in the hand of a conditional run's generator, or pictures of one without
        classes; RGB uint8 (H, W, 3)."""
        return studio.draw(state, number, checks.seed(seed), self._device)

    def critic(self, state: bytes, picture: np.ndarray, files: Sequence[bytes] = ()) -> Opinion:
        """How real a picture, RGB uint8 (H, W, 3), looks to a run's discriminator."""
        return studio.opinion(
            state, checks.picture("picture", picture), files, self._store, self._device
        )

    def measure(self, state: bytes, files: Sequence[bytes] = ()) -> Iterator[str | Report]:
        """Sentences on how far it is, then a run's report, against pictures that it never saw."""
        return studio.measure(state, files, self._store, self._device)

    def turns(
        self, count: int = 1, state: bytes | None = None, seed: int = 0
    ) -> Iterator[int | Turn]:
        """Play turns of the two-player game: how many are done, then the last one looked at."""
        count = checks.whole("The number of turns", count, 1, 1_000)
        return turns.turns(count, state, checks.seed(seed), self._device)

    # Conditional GANs on the visitor's own pictures

    def enlarge(self, picture: np.ndarray | None, prove: bool = True) -> Iterator[Translation]:
        """A picture, RGB uint8 (H, W, 3), four times as large, one answer after the other.

        prove: shrink it first, and compare the answers with the picture itself. Raises UserError
        for a picture that is missing or too small.
        """
        return self._super_resolution.enlarge(checks.picture("picture", picture), prove)

    def edges_to_picture(
        self, picture: np.ndarray | None, drawing: bool = False, detail: float = DETAIL
    ) -> Translation:
        """A portrait from lines: those of a photo, RGB uint8 (H, W, 3), or with ``drawing`` dark
        ones on light. detail: 0 to 1, how many lines of a photo are kept."""
        return self._image_to_image.edges(checks.picture("picture", picture), drawing, detail)

    def colour(self, picture: np.ndarray | None) -> Translation:
        """The colours of a picture, RGB uint8 (H, W, 3), found from its lightness alone."""
        return self._image_to_image.colour(checks.picture("picture", picture))

    # Does it help a classifier?

    def augment(
        self,
        per_class: int = 20,
        seeds: int = 5,
        rare_class: str | int = "",
        steps: int = 300,
        gan_steps: int = 1500,
        seed: int = 0,
    ) -> Iterator[AugmentStep]:
        """The experiment of :func:`plugins.gan.augmentation.requests.augment`."""
        return requests.augment(self._device, per_class, seeds, rare_class, steps, gan_steps, seed)

    def export_pictures(
        self, count_per_class: int = 100, seed: int = 0, truncation: float = 2.0
    ) -> Iterator[ExportStep]:
        """Labelled digits of the shipped generator, as a zip in ImageFolder's layout."""
        return requests.export_pictures(
            self._networks.generator("digits"), count_per_class, seed, truncation
        )

    # The playground

    def play(
        self,
        settings: PlaySettings,
        snapshot: bytes | None = None,
        steps: int = 2000,
        per_frame: int = 5,
        pause: float = 0.0,
    ) -> Iterator[Frame]:
        """Play in the plane from ``snapshot``, or from the start; :mod:`plugins.gan.playground`."""
        return play(settings, snapshot, steps, per_frame, pause, self._device)

    def play_step(
        self, settings: PlaySettings, snapshot: bytes | None = None, player: str = "both"
    ) -> Iterator[Frame]:
        """One step in slow motion, of "G", "D" or "both"."""
        return slow_step(settings, snapshot, player, device=self._device)

    def play_csv(self, data: bytes) -> np.ndarray:
        """The points of a CSV file, float32 (N, 2). Raises UserError for anything else."""
        return read_csv(data)

    def health(self) -> dict[str, str]:
        """What the Plugins tab shows."""
        parameters = sum(p.numel() for p in self._networks.generator("digits").parameters())
        return {
            "model": f"{SHIPPED['digits'].file.name}, {parameters:,} parameters",
            "device": self._device_used,
            "torch": torch.__version__,
            "torchvision": torchvision.__version__,
        }
