"""How a GAN shall be trained: one value for the page, the API and the worker. No PyTorch."""

from __future__ import annotations

from dataclasses import dataclass, replace

from host import UserError, checks
from plugins.gan.training.presets import LIVE_DIGITS, WATCH_IT_FAIL

OWN = "own"
DATA = ("digits", "mnist", "fashion-mnist", "cifar10", OWN)
OBJECTIVES = ("non-saturating", "hinge", "wgan-gp", "least-squares", "bce")
AUGMENT = ("auto", "on", "off")
SIZES = (16, 32, 64)


@dataclass(frozen=True)
class RunSettings:
    """Everything about a training run but the visitor's own pictures.

    data: one of DATA. conditional: both networks are told the class.
    steps: 1 to 20,000 updates of the generator. batch_size: 8 to 256 real pictures a step.
    size: 16, 32 or 64 pixels a side. width: 8 to 64 channels in the finest layer.
    learning_rate_g, learning_rate_d: 1e-6 to 1e-2.
    objective: one of OBJECTIVES. r1: 0 to 100, weight of the R1 penalty, where the objective has
        it.
    augment: DiffAugment "on", "off", or "auto": on below 1,000 pictures.
    seed: 0 to 2**32 - 1; decides the weights, the order of the pictures and the latents.
    """

    data: str = "digits"
    conditional: bool = False
    steps: int = 1500
    batch_size: int = 32
    size: int = 32
    width: int = 32
    learning_rate_g: float = 2e-3
    learning_rate_d: float = 2e-3
    objective: str = "non-saturating"
    r1: float = 0.1
    augment: str = "auto"
    seed: int = 0

    def checked(self) -> RunSettings:
        """The same with every number of its own type. Raises UserError for what is out of range."""
        if not isinstance(self.conditional, bool):
            raise UserError('"conditional" must be true or false.')
        if self.size not in SIZES or isinstance(self.size, bool):
            raise UserError("The size must be 16, 32 or 64 pixels.")
        return RunSettings(
            data=checks.one_of("The data", self.data, DATA),
            conditional=self.conditional,
            steps=checks.whole("The number of steps", self.steps, 1, 20_000),
            batch_size=checks.whole("The batch size", self.batch_size, 8, 256),
            size=int(self.size),
            width=checks.whole("The width", self.width, 8, 64),
            learning_rate_g=checks.number(
                "The generator's learning rate", self.learning_rate_g, 1e-6, 1e-2
            ),
            learning_rate_d=checks.number(
                "The discriminator's learning rate", self.learning_rate_d, 1e-6, 1e-2
            ),
            objective=checks.one_of("The objective", self.objective, OBJECTIVES),
            r1=checks.number("The R1 weight", self.r1, 0.0, 100.0),
            augment=checks.one_of("DiffAugment", self.augment, AUGMENT),
            seed=checks.seed(self.seed),
        )


def suited(settings: RunSettings) -> RunSettings:
    """The same with rates, R1 and objective as they were found to work for its kind of run.

    A conditional run has the settings of :data:`.training.presets.LIVE_DIGITS`; "bce" those of
    WATCH_IT_FAIL, with which the discriminator wins soon.
    """
    usual = RunSettings()
    rates = usual.learning_rate_g, usual.learning_rate_d, usual.r1
    if settings.objective == "bce":
        rates = WATCH_IT_FAIL.learning_rate_g, WATCH_IT_FAIL.learning_rate_d, usual.r1
    elif settings.conditional:
        rates = LIVE_DIGITS.learning_rate_g, LIVE_DIGITS.learning_rate_d, LIVE_DIGITS.r1
    return replace(settings, learning_rate_g=rates[0], learning_rate_d=rates[1], r1=rates[2])
