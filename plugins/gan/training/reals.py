"""The real pictures of a run, in memory, and the order in which they are shown."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import one_hot


class RealPictures:
    """Kept as bytes: a quarter of the memory, and no step that notices.

    pictures: (N, channels, size, size) float in [-1, 1]. labels: (N,) int64, None without classes.
    """

    def __init__(
        self,
        pictures: Tensor,
        labels: Tensor | None,
        classes: int,
        batch_size: int,
        device: torch.device,
    ) -> None:
        levels = ((pictures + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
        self._levels = levels.to(device, memory_format=torch.channels_last)
        self.labels = labels.to(device) if classes and labels is not None else None
        self._classes = classes
        self._batch_size = batch_size
        self.waiting = torch.empty(0, dtype=torch.int64)
        """Indices still to be shown before the next shuffle, on the CPU."""

    def __len__(self) -> int:
        return len(self._levels)

    def pictures(self, chosen: Tensor) -> Tensor:
        """Pictures at the indices (M,), float32 in [-1, 1], (M, channels, size, size)."""
        return self._levels[chosen].float().div_(127.5).sub_(1.0)

    def next_indices(self, random: torch.Generator) -> Tensor:
        """Those of the next batch (B,), on the CPU: every picture once before any again."""
        while len(self.waiting) < self._batch_size:
            self.waiting = torch.cat([self.waiting, torch.randperm(len(self), generator=random)])
        chosen, self.waiting = self.waiting.split(
            [self._batch_size, len(self.waiting) - self._batch_size]
        )
        return chosen

    def next_batch(self, random: torch.Generator) -> tuple[Tensor, Tensor | None]:
        """Pictures (B, C, S, S) and one-hot labels (B, classes), if there are classes."""
        chosen = self.next_indices(random).to(self._levels.device)
        labels = None
        if self.labels is not None:
            labels = one_hot(self.labels[chosen], self._classes).float()
        return self.pictures(chosen), labels
