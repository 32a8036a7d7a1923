"""Distances between two sets of features, both through torchmetrics.

torchmetrics would measure in the features of an Inception network that is not shipped here; given
features that are computed already it needs none, and fetches nothing. It is imported where it is
used: it takes a second, which only those who measure should wait for.
"""

from __future__ import annotations

import warnings

import torch
from torch import Tensor, nn

from plugins.gan.torchvision_compat import torchvision  # noqa: F401  (before torchmetrics)


class _Features(nn.Module):
    """Stands where torchmetrics expects a network: what it gets are features already."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.num_features = count

    def forward(self, features: Tensor) -> Tensor:
        return features


def load() -> None:
    """Import torchmetrics, so that the first distance does not wait for it."""
    import torchmetrics.image.fid
    import torchmetrics.image.kid  # noqa: F401


def frechet(real: Tensor, generated: Tensor) -> float:
    """Frechet distance of the Gaussians fitted to two sets of features (Heusel et al. 2017,
    arXiv:1706.08500, eq. 6), >= 0.

    real: (N, d), generated: (M, d), N and M > 1. Computed in float64. It is biased upwards by
    small N and M: compare only figures of the same counts.
    """
    from torchmetrics.image.fid import FrechetInceptionDistance

    metric = FrechetInceptionDistance(feature=_Features(real.shape[1]))
    metric.update(real.double().cpu(), real=True)
    metric.update(generated.double().cpu(), real=False)
    return max(0.0, float(metric.compute()))


def kernel(real: Tensor, generated: Tensor) -> float:
    """Kernel distance of two sets of features: the unbiased squared maximum mean discrepancy with
    the kernel (x y / d + 1)^3 (Binkowski et al. 2018, arXiv:1801.01401, sec. 4).

    real, generated: (N, d) with the same N > 1; all of them are used at once, in float64, so
    nothing is drawn at random. About 0, on either side of it, for the same distribution.
    """
    from torchmetrics.image.kid import KernelInceptionDistance

    if len(real) != len(generated):
        raise ValueError(f"{len(real)} and {len(generated)} features: as many of each are needed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that it keeps all features
        metric = KernelInceptionDistance(
            feature=_Features(real.shape[1]), subsets=1, subset_size=len(real)
        )
    metric.update(real.double().cpu(), real=True)
    metric.update(generated.double().cpu(), real=False)
    with torch.random.fork_rng(devices=[]):  # torchmetrics shuffles with the global generator
        return float(metric.compute()[0])
