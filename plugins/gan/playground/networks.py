"""The two players of the plane: multilayer perceptrons of a few dozen neurons."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from plugins.gan.playground.settings import PlaySettings

SLOPE = 0.2  # of leaky-relu below 0

_ACTIVATIONS: dict[str, tuple[Callable[[Tensor], Tensor], float]] = {
    # with the gain that keeps the spread of a layer's answers (sigmoid: its slope at 0 is 1/4)
    "relu": (torch.relu, math.sqrt(2)),
    "leaky-relu": (lambda x: functional.leaky_relu(x, SLOPE), math.sqrt(2 / (1 + SLOPE**2))),
    "tanh": (torch.tanh, 5 / 3),
    "sigmoid": (torch.sigmoid, 4.0),
}


class Mlp(nn.Module):
    """Linear layers with an activation between them.

    sizes: inputs, neurons of each hidden layer, outputs.
    Weights come from N(0, gain^2 / inputs) (He et al. 2015, arXiv:1502.01852). Biases of hidden
    layers are spread over [-1/2, 1/2]: with all at 0 the kinks of ReLU would all meet at the
    origin, and the network could bend its answer only there.
    """

    def __init__(self, sizes: list[int], activation: str, random: np.random.Generator) -> None:
        super().__init__()
        self._activation, gain = _ACTIVATIONS[activation]
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        last = len(sizes) - 2
        for layer, (before, after) in enumerate(pairwise(sizes)):
            spread = (1.0 if layer == last else gain) / math.sqrt(before)
            weight = random.standard_normal((after, before), np.float32) * np.float32(spread)
            bias = random.random(after, np.float32) - np.float32(0.5)
            self.weights.append(nn.Parameter(torch.from_numpy(weight)))
            self.biases.append(nn.Parameter(torch.from_numpy(bias * (layer != last))))

    def _matrices(self) -> list[Tensor]:
        return list(self.weights)

    def forward(self, x: Tensor) -> Tensor:
        matrices, biases = self._matrices(), list(self.biases)
        for weight, bias in zip(matrices[:-1], biases[:-1], strict=True):
            x = self._activation(functional.linear(x, weight, bias))
        return functional.linear(x, matrices[-1], biases[-1])


class Generator(Mlp):
    """Noise (N, noise_size) -> points (N, 2) in [-1, 1]."""

    def __init__(self, settings: PlaySettings, random: np.random.Generator) -> None:
        hidden = [settings.neurons_g] * settings.layers_g
        super().__init__([settings.noise_size, *hidden, 2], settings.activation, random)

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(super().forward(x))


class Discriminator(Mlp):
    """Points (N, 2) -> logits (N,) of being real.

    With ``spectral`` set each weight matrix is divided by its largest singular value (Miyato et
    al. 2018, arXiv:1802.05957, eq. 8), which :meth:`iterate` follows by power iteration, and the
    answer is multiplied by :data:`SPECTRAL_SCALE`: the steepest slope the network may have.
    """

    def __init__(self, settings: PlaySettings, random: np.random.Generator) -> None:
        hidden = [settings.neurons_d] * settings.layers_d
        super().__init__([2, *hidden, 1], settings.activation, random)
        self.spectral = False
        for layer, weight in enumerate(self.weights):
            start = random.standard_normal(len(weight), np.float32)
            start /= np.linalg.norm(start)
            self.register_buffer(f"left{layer}", torch.from_numpy(start))

    def forward(self, x: Tensor) -> Tensor:
        logits = super().forward(x).squeeze(1)
        return logits * SPECTRAL_SCALE if self.spectral else logits

    @torch.no_grad()
    def iterate(self, times: int = 1) -> None:
        """One or more steps of power iteration."""
        for layer, weight in enumerate(self.weights):
            left = self.get_buffer(f"left{layer}")
            for _ in range(times):
                right = functional.normalize(weight.T @ left, dim=0)
                left.copy_(functional.normalize(weight @ right, dim=0))

    def _matrices(self) -> list[Tensor]:
        if not self.spectral:
            return super()._matrices()
        return [
            weight / _norm(weight, self.get_buffer(f"left{layer}"))
            for layer, weight in enumerate(self.weights)
        ]


SPECTRAL_SCALE = 10.0
"""In the plane the real and the fake points are often a tenth apart, and the hinge loss wants
answers 2 apart there. Miyato et al. need no such factor for pictures, where distances are large."""


def _norm(weight: Tensor, left: Tensor) -> Tensor:
    """The largest singular value, given the left singular vector; differentiable in ``weight``."""
    with torch.no_grad():
        right = functional.normalize(weight.T @ left, dim=0)
    return torch.dot(left, torch.mv(weight, right)).clamp_min(1e-8)
