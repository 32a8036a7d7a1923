from __future__ import annotations

import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pytest

from host import images
from host.testing import backend_context
from plugins.face.gallery import Gallery

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


@pytest.fixture(params=["memory", "file", "postgresql"])
def url(request, tmp_path):
    if request.param == "postgresql":
        return request.getfixturevalue("empty_postgres")()
    return "sqlite://" if request.param == "memory" else f"sqlite:///{tmp_path}/faces.db"


@pytest.fixture
def gallery(url):
    with Gallery(url) as opened:
        yield opened


@pytest.fixture(params=["file", "postgresql"])
def lasting(request, tmp_path):
    """The address of a gallery that outlives its process."""
    if request.param == "postgresql":
        return request.getfixturevalue("empty_postgres")()
    return f"sqlite:///{tmp_path}/faces.db"
