"""Penalties on the discriminator's slope, differentiable in its weights, always in float32."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def r1_penalty(discriminator: nn.Module, reals: Tensor, labels: Tensor | None = None) -> Tensor:
    """Half the mean squared gradient norm of the logits at real pictures (Mescheder et al. 2018,
    eq. 9, without gamma). Scalar, differentiable in the discriminator's weights."""
    return 0.5 * _squared_slopes(discriminator, reals, labels).mean()


def gradient_penalty(
    discriminator: nn.Module,
    reals: Tensor,
    fakes: Tensor,
    mix: Tensor,
    labels: Tensor | None = None,
) -> Tensor:
    """Mean squared distance from 1 of the gradient's norm between real and generated pictures
    (Gulrajani et al. 2017, eq. 3, without lambda). mix: (N, 1, 1, 1) in [0, 1], where between."""
    squared = _squared_slopes(discriminator, torch.lerp(reals, fakes, mix), labels)
    # The root has no slope at 0: a discriminator of zero slope would make everything NaN.
    return ((squared + 1e-12).sqrt() - 1).square().mean()


def _squared_slopes(discriminator: nn.Module, pictures: Tensor, labels: Tensor | None) -> Tensor:
    """Squared norms (N,) of the gradient of each score with respect to its own picture."""
    pictures = pictures.detach().requires_grad_(True)
    (gradient,) = torch.autograd.grad(
        discriminator(pictures, labels).sum(), pictures, create_graph=True
    )
    return gradient.square().flatten(1).sum(1)
