from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from host.testing import backend_context
from plugins.gan.backend import GanBackend


@pytest.fixture(scope="session")
def backend(tmp_path_factory: pytest.TempPathFactory) -> GanBackend:
    folder: Path = tmp_path_factory.mktemp("gan")
    return GanBackend(backend_context("gan", folder))


@pytest.fixture(scope="session")
def cells() -> Callable[[np.ndarray], np.ndarray]:
    return _cells


def _cells(grid: np.ndarray) -> np.ndarray:
    """The pictures of a grid of 64x64 cells with borders of 4, row by row: (N, 64, 64, 3)."""
    rows, columns = (length // 68 for length in grid.shape[:2])
    cut = grid[4:, 4:].reshape(rows, 68, columns, 68, 3).swapaxes(1, 2)
    return cut.reshape(-1, 68, 68, 3)[:, :64, :64]
