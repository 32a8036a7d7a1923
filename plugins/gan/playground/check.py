"""What a game may be asked for. No torch: the page may check before it asks."""

from __future__ import annotations

from dataclasses import replace

from plugins.gan import checks
from plugins.gan.playground.distributions import DISTRIBUTIONS
from plugins.gan.playground.points import own_points
from plugins.gan.playground.results import PlaySettings

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


def checked(settings: PlaySettings) -> PlaySettings:
    """The settings ready for use: numbers as the types they should have, points as float32.

    Raises UserError for what is not allowed. Points are dropped unless the distribution is "own".
    """
    checks.one_of("The distribution", settings.distribution, DISTRIBUTIONS)
    own = settings.distribution == "own"
    checks.one_of("The noise", settings.noise, NOISES)
    checks.one_of("The activation", settings.activation, ACTIVATIONS)
    checks.one_of("The objective", settings.objective, OBJECTIVE_NAMES)
    checks.one_of("The optimiser", settings.optimiser, OPTIMISERS)
    return replace(
        settings,
        points=own_points(settings.points) if own else None,
        noise_size=checks.whole("The numbers of noise", settings.noise_size, *NOISE_SIZES),
        layers_g=checks.whole("The generator's hidden layers", settings.layers_g, *LAYERS),
        layers_d=checks.whole("The discriminator's hidden layers", settings.layers_d, *LAYERS),
        neurons_g=checks.whole("The generator's neurons", settings.neurons_g, *NEURONS),
        neurons_d=checks.whole("The discriminator's neurons", settings.neurons_d, *NEURONS),
        rate_g=checks.number("The generator's rate", settings.rate_g, *RATES),
        rate_d=checks.number("The discriminator's rate", settings.rate_d, *RATES),
        updates_g=checks.whole("The generator's updates", settings.updates_g, *UPDATES),
        updates_d=checks.whole("The discriminator's updates", settings.updates_d, *UPDATES),
        batch=checks.whole("The batch", settings.batch, *BATCHES),
        seed=checks.seed(settings.seed),
    )
