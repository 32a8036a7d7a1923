"""Pictures and a backend that the style tests share."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pytest
from sklearn.datasets import load_sample_image

from host.testing import backend_context
from plugins.style import transfer as transfer_module
from plugins.style.backend import StyleBackend
from plugins.style.networks import embedded
from plugins.style.objective import Objective
from plugins.style.pictures import fitted
from plugins.style.results import TransferStep
from plugins.style.settings import Settings

PAINTINGS = Path(__file__).parents[2] / "assets" / "style"


@pytest.fixture(scope="session")
def photo() -> np.ndarray:
    return np.array(load_sample_image("china.jpg"))


@pytest.fixture(scope="session")
def painting() -> np.ndarray:
    from PIL import Image

    return np.asarray(Image.open(PAINTINGS / "starry.jpg").convert("RGB"))


@pytest.fixture(scope="session")
def small_photo(photo: np.ndarray) -> np.ndarray:
    return fitted(photo, 96)


@pytest.fixture(scope="session")
def backend(tmp_path_factory: pytest.TempPathFactory) -> StyleBackend:
    return StyleBackend(backend_context("style", tmp_path_factory.mktemp("style")))


@pytest.fixture(scope="session")
def objective() -> Objective:
    return Objective(embedded())


@pytest.fixture(scope="session")
def paint(backend: StyleBackend) -> Callable[..., TransferStep]:
    """Photo, paintings and what differs from ten steps at 128 pixels -> the last step."""

    def last(photo: np.ndarray, styles: object, **options: object) -> TransferStep:
        names = ("masks", "picture", "done")
        call = {name: options.pop(name) for name in names if name in options}
        settings = dataclasses.replace(Settings(size=128, steps=10), **options)
        *_, step = backend.transfer(photo, styles, settings, **call)
        return step

    return last


@pytest.fixture
def every_step_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step of a transfer has a picture, however quick they come."""
    monkeypatch.setattr(transfer_module, "_SHOW_EVERY", 0.0)
