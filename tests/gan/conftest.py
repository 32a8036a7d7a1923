from __future__ import annotations

from pathlib import Path

import pytest

from host.testing import backend_context
from plugins.gan.backend import GanBackend


@pytest.fixture(scope="session")
def backend(tmp_path_factory: pytest.TempPathFactory) -> GanBackend:
    folder: Path = tmp_path_factory.mktemp("gan")
    return GanBackend(backend_context("gan", folder))
