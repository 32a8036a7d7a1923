"""Whether a generator copies: the training pictures nearest to what it makes."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from plugins.gan.evaluation.results import Neighbours

CHUNK = 125
COPY_QUANTILE = 0.01
"""This share of unseen real pictures counts as copies, by definition."""


def nearest(queries: Tensor, training: Tensor, k: int = 1, device: str = "cpu") -> Neighbours:
    """The ``k`` training pictures nearest to each query, by Euclidean distance.

    queries: (N, ...), training: (M, ...): pictures, or features, of one shape. k: 1 to M.
    """
    parts = list(nearest_parts(queries, training, k, device))
    return Neighbours(
        indices=torch.cat([i for i, _ in parts]).numpy(),
        distances=torch.cat([d for _, d in parts]).numpy(),
    )


def nearest_parts(
    queries: Tensor, training: Tensor, k: int = 1, device: str = "cpu"
) -> Iterator[tuple[Tensor, Tensor]]:
    """What :func:`nearest` gives, indices and distances, in parts of CHUNK queries."""
    pool = training.flatten(1).to(device)
    squares = torch.linalg.vector_norm(pool, dim=1).square()
    for part in queries.flatten(1).split(CHUNK):
        part = part.to(device)
        # |q|^2 is left out: it does not change which are nearest
        indices = torch.addmm(squares, part, pool.T, alpha=-2).topk(k, 1, largest=False).indices
        # The product blurs small distances, those of copies: measure the few that are left anew.
        distances = (part[:, None] - pool[indices]).norm(dim=2)
        distances, order = distances.sort(dim=1)
        yield indices.gather(1, order).cpu(), distances.cpu()


def copies(generated: Tensor, unseen: Tensor) -> float:
    """Share of generated pictures nearer to a training picture than all but 1 % of unseen real
    ones are; 0 to 1.

    generated, unseen: (N,), (M,) distances of each to its nearest training picture.
    """
    threshold = unseen.double().quantile(COPY_QUANTILE)
    return (generated.double() < threshold).double().mean().item()
