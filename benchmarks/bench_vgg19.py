"""Style with VGG19: the time to equal loss, and what computing in bfloat16 gives.

Where VGG19's published weights are not here it gets random ones, which the table says; the
recipes minimise the same loss of it. One run, as a run takes many minutes.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from rows import Row, compared, report
from style_equal_loss import CPU, QUICK_SIDE, equal_loss
from style_pictures import photo_of
from timing import alternate, seconds

from host.settings import Settings
from host.weights import WeightsStore
from plugins.style import networks
from plugins.style.networks import VGG19_WEIGHTS, Network
from plugins.style.objective import Objective
from plugins.style.pictures import fitted
from plugins.style.precision import fastest
from plugins.style.transfer import CONTENT, SMOOTHNESS, STYLE

STEP_SIDE = 256


def vgg19_pair() -> tuple[Network, Network, bool]:
    """VGG19 as the plugin would compute it and in float32, and whether its weights are real."""
    settings = Settings()
    store = WeightsStore(settings.weights, settings.cache / "weights", offline=True)
    path = store.find(VGG19_WEIGHTS)
    keras.utils.set_random_seed(0)
    exact = networks.build("vgg19", path)
    dtype = fastest(exact.parameters, CPU)
    return (exact if dtype == "float32" else cast(exact, dtype)), exact, path is not None


def cast(network: Network, dtype: str) -> Network:
    """The same weights computed in another format."""
    other = networks.build(network.name, dtype=dtype)
    assert other.whole is not None and network.whole is not None
    other.whole.set_weights(network.whole.get_weights())
    return other


def formats(rounds: int, side: int) -> Row:
    """VGG19 in bfloat16 against float32. Random weights take as long."""
    photo = fitted(photo_of("china"), side).astype(np.float32)
    exact = networks.build("vgg19")

    def step(network: Network) -> Callable[[], float]:
        objective = Objective(network)
        target = objective.target(photo, photo)
        objective(photo, target, (CONTENT, STYLE, SMOOTHNESS))
        return lambda: seconds(lambda: objective(photo, target, (CONTENT, STYLE, SMOOTHNESS)))

    us, them = alternate(step(cast(exact, "mixed_bfloat16")), step(exact), rounds)
    return compared(f"An evaluation of VGG19 in bfloat16, {side} px", "in float32", us, them)


def measure(options: argparse.Namespace) -> Iterator[Row]:
    yield formats(options.rounds, QUICK_SIDE if options.quick else STEP_SIDE)
    fast, exact, real = vgg19_pair()
    kind = "its published" if real else "random"
    same = "float32" if fast is exact else "bfloat16, the recipes in float32"
    yield Row("Style with VGG19", note=f"with {kind} weights; our transfer computes in {same}")
    objective = Objective(exact, CPU)
    ours = objective if fast is exact else Objective(fast, CPU)
    yield from equal_loss(ours, objective, 1, options.quick)


if __name__ == "__main__":
    report(measure, __doc__, rounds=3)
