"""What a game may be asked for. No torch: the page may check before it asks."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from host import checks
from plugins.gan.playground.distributions import DISTRIBUTIONS
from plugins.gan.playground.points import own_points

NOISES = ("gaussian", "uniform")
ACTIVATIONS = ("relu", "leaky-relu", "tanh", "sigmoid")
OBJECTIVE_NAMES = ("non-saturating", "hinge", "wgan-gp", "least-squares", "bce")
OPTIMISERS = ("adam", "sgd")
PLAYERS = ("both", "D", "G")

NOISE_SIZES = (1, 2)
LAYERS = (1, 4)
NEURONS = (2, 128)
RATES = (1e-5, 1.0)
UPDATES = (0, 5)
BATCHES = (16, 512)
STEPS = (0, 100_000)
PER_FRAME = (1, 500)
PAUSES = (0.0, 1.0)


@dataclass(frozen=True)
class PlaySettings:
    """One game. Every field may change in mid-run; :meth:`checked` says what is allowed."""

    distribution: str = "ring"  # line | two gaussians | ring | disjoint | spiral | grid | own
    points: np.ndarray | None = None  # (N, 2) float32 in [-1, 1], for "own"
    noise: str = "gaussian"  # gaussian | uniform
    noise_size: int = 2  # 1 or 2
    layers_g: int = 2  # hidden layers, 1..4
    neurons_g: int = 32  # 2..128
    layers_d: int = 2
    neurons_d: int = 32
    activation: str = "relu"  # relu | leaky-relu | tanh | sigmoid
    objective: str = "non-saturating"  # a name of plugins.gan.training.objectives.OBJECTIVES
    optimiser: str = "adam"  # adam | sgd
    rate_g: float = 5e-4
    rate_d: float = 5e-3
    updates_g: int = 1  # 0..5 per turn; 0 freezes the generator
    updates_d: int = 2  # 0..5 per turn; 0 freezes the discriminator
    batch: int = 128
    seed: int = 0

    def checked(self) -> PlaySettings:
        """These settings ready for use: numbers as the types they should have, points as float32.

        Points are dropped unless the distribution is "own". Raises UserError for what is not
        allowed.
        """
        checks.one_of("The distribution", self.distribution, DISTRIBUTIONS)
        own = self.distribution == "own"
        checks.one_of("The noise", self.noise, NOISES)
        checks.one_of("The activation", self.activation, ACTIVATIONS)
        checks.one_of("The objective", self.objective, OBJECTIVE_NAMES)
        checks.one_of("The optimiser", self.optimiser, OPTIMISERS)
        return replace(
            self,
            points=own_points(self.points) if own else None,
            noise_size=checks.whole("The numbers of noise", self.noise_size, *NOISE_SIZES),
            layers_g=checks.whole("The generator's hidden layers", self.layers_g, *LAYERS),
            layers_d=checks.whole("The discriminator's hidden layers", self.layers_d, *LAYERS),
            neurons_g=checks.whole("The generator's neurons", self.neurons_g, *NEURONS),
            neurons_d=checks.whole("The discriminator's neurons", self.neurons_d, *NEURONS),
            rate_g=checks.number("The generator's rate", self.rate_g, *RATES),
            rate_d=checks.number("The discriminator's rate", self.rate_d, *RATES),
            updates_g=checks.whole("The generator's updates", self.updates_g, *UPDATES),
            updates_d=checks.whole("The discriminator's updates", self.updates_d, *UPDATES),
            batch=checks.whole("The batch", self.batch, *BATCHES),
            seed=checks.seed(self.seed),
        )
