"""Precision and recall of a generator (Kynkaanniemi et al. 2019, arXiv:1904.06991)."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

CHUNK = 500


def precision_recall(real: Tensor, generated: Tensor, k: int = 3) -> tuple[float, float]:
    """Share of generated features on the real manifold, and share of real ones on the generated.

    A set's manifold is the union of balls around its members, each as far as the member's k-th
    nearest other member (eqs. 1-3). Exact: every pair is compared. Recall falls with k and with
    the counts, so it means something only beside the recall of real pictures at the same count.

    real: (N, d), generated: (M, d), N and M > k.
    """
    return (
        _share_inside(generated, real, _radii(real, k)),
        _share_inside(real, generated, _radii(generated, k)),
    )


def _radii(members: Tensor, k: int) -> Tensor:
    """The distance of each member to its k-th nearest other member (N,)."""
    return torch.cat(
        # the nearest is the member itself
        [d.kthvalue(k + 1, dim=1).values for d in _distances(members, members)]
    )


def _share_inside(points: Tensor, members: Tensor, radii: Tensor) -> float:
    inside = [(d <= radii).any(dim=1) for d in _distances(points, members)]
    return torch.cat(inside).double().mean().item()


def _distances(points: Tensor, members: Tensor) -> Iterator[Tensor]:
    for part in points.split(CHUNK):
        # Without the shortcut by a matrix product, which blurs small distances.
        yield torch.cdist(part, members, compute_mode="donot_use_mm_for_euclid_dist")
