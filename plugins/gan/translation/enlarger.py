"""The network that enlarges by 4: residual, at the small picture's resolution for most of its work.

After Lim et al. 2017 ("Enhanced Deep Residual Networks for Single Image Super-Resolution", EDSR):
residual blocks without batch norm, then sub-pixel convolutions (Shi et al. 2016). Here smaller, and
it predicts what to add to the bicubic enlargement.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from plugins.gan.translation.degrade import bicubic
from plugins.gan.weights import load_weights, save_weights

_SLOPE = 0.1


@dataclass(frozen=True)
class EnlargerConfig:
    """width: channels of the blocks. blocks: of two convolutions. fine: channels at twice the
    small picture's resolution."""

    width: int = 64
    blocks: int = 7
    fine: int = 24


class _Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        # each block begins as a small change, so that a large learning rate is stable
        nn.init.kaiming_normal_(self.first.weight, _SLOPE)
        nn.init.normal_(self.second.weight, std=0.01)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(leaky_relu(self.first(x), _SLOPE))


class Enlarger(nn.Module):
    """(N, 3, h, w) in [0, 1] -> (N, 3, 4 h, 4 w), about in [0, 1]; any h and w."""

    def __init__(self, config: EnlargerConfig = EnlargerConfig()) -> None:
        super().__init__()
        self.config = config
        width, fine = config.width, config.fine
        self.head = nn.Conv2d(3, width, 3, padding=1)
        self.body = nn.Sequential(*[_Block(width) for _ in range(config.blocks)])
        self.widen = nn.Conv2d(width, 4 * fine, 3, padding=1)
        self.refine = nn.Conv2d(fine, fine, 3, padding=1)
        self.tail = nn.Conv2d(fine, 12, 3, padding=1)
        self.shuffle = nn.PixelShuffle(2)
        nn.init.zeros_(self.tail.weight)  # untrained, it is the bicubic enlargement
        nn.init.zeros_(self.tail.bias)

    def forward(self, small: Tensor) -> Tensor:
        return list(self.gradually(small))[-1]

    def gradually(self, small: Tensor) -> Iterator[Tensor]:
        """As :meth:`forward`, with pauses: yields after each block; the last one is the answer."""
        first = x = self.head(small - 0.5)
        for block in self.body:
            x = block(x)
            yield x
        x = leaky_relu(self.shuffle(self.widen(first + x)), _SLOPE)
        yield x
        x = leaky_relu(self.refine(x), _SLOPE)
        yield bicubic(small) + self.shuffle(self.tail(x)).float()


KIND = "triptych-enlarger-1"


def save_enlarger(enlarger: Enlarger, path: Path, **notes: str) -> None:
    save_weights(enlarger, enlarger.config, path, KIND, notes)


def load_enlarger(path: Path, device: str = "cpu") -> Enlarger:
    """Raises CheckpointError, OSError as :func:`load_weights`."""
    enlarger: Enlarger = load_weights(Enlarger, EnlargerConfig, path, KIND, device)
    return enlarger
