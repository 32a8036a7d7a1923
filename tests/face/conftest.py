from __future__ import annotations

import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pytest

from host import images
from host.testing import backend_context

ROOT = Path(__file__).resolve().parents[2]
ASSETS = ROOT / "assets" / "face"


@pytest.fixture(scope="session")
def backend(tmp_path_factory):
    from plugins.face.backend import FaceBackend

    return FaceBackend(backend_context("face", tmp_path_factory.mktemp("face")))


@pytest.fixture(scope="session")
def portraits() -> dict[str, np.ndarray]:
    return {path.stem: images.load(path) for path in sorted(ASSETS.glob("*.jpg"))}


@pytest.fixture(scope="session")
def shared() -> Path:
    """The optional folder of reference outputs."""
    folder = Path(os.environ.get("TRIPTYCH_SHARED", ROOT.parent / "shared")) / "facenet"
    if not folder.is_dir():
        pytest.skip(f"no reference outputs at {folder}")
    return folder
