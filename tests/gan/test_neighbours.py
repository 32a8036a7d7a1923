""" "Is it copying?", on a file in MNIST's format made here."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import numpy as np
import pytest

from host import UserError
from host.weights import Progress, WeightFile, WeightsStore
from plugins.gan.backend import GanBackend
from plugins.gan.checkpoint import load_generator
from plugins.gan.generation import neighbours
from plugins.gan.generation.results import NearestSheet
from plugins.gan.generation.view import words
from plugins.gan.models import SHIPPED
from plugins.gan.pictures import bundled_digits


def idx_file(folder: Path, pictures: np.ndarray) -> WeightFile:
    """pictures: uint8 (N, 28, 28)."""
    header = b"\0\0\x08\x03" + np.array(pictures.shape, ">i4").tobytes()
    data = gzip.compress(header + pictures.tobytes(), 1)
    path = folder / "digits.gz"
    path.write_bytes(data)
    digest = hashlib.md5(data, usedforsecurity=False).hexdigest()
    return WeightFile("digits.gz", path.as_uri(), f"md5:{digest}", len(data), "-", "-")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> WeightFile:
    digits, _ = bundled_digits(32)
    small = ((digits[:, 0, 2:-2, 2:-2].numpy() + 1) * 127.5).round().astype(np.uint8)
    random = np.random.default_rng(0)
    many = np.concatenate([small] * 6)[:10_000].astype(int)
    noisy = (many + random.integers(0, 20, many.shape)).clip(0, 255)
    return idx_file(tmp_path_factory.mktemp("mnist"), noisy.astype(np.uint8))


def sheet(file: WeightFile, cache: Path) -> list[Progress | NearestSheet]:
    generator = load_generator(SHIPPED["digits"].file)
    points, labels = neighbours.asked(generator, list(range(10)), 0, 2, 2.0)
    store = WeightsStore(None, cache)
    return list(neighbours.nearest_sheet(generator, points, labels, store, file))


def test_each_picture_stands_over_its_three_nearest(file: WeightFile, tmp_path: Path) -> None:
    *progress, found = sheet(file, tmp_path)
    assert all(isinstance(step, Progress) for step in progress)
    assert isinstance(found, NearestSheet)
    assert found.sheet.shape == (4 + 4 * 68, 4 + 12 * 68, 3)
    assert len(found.distances) == 12
    assert found.train == 8000
    # The generator learnt other digits: none of these can be a copy.
    assert min(found.distances) > found.unseen_lowest
    assert "none is a copy" in words(found)


def test_a_copy_is_called_one() -> None:
    found = NearestSheet(np.zeros((4, 4, 3), np.uint8), (0.1, 9.0), 8.0, 5.0, 8000)
    assert "1 of 2" in words(found)


def test_a_file_of_another_kind_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "digits.gz"
    path.write_bytes(b"no gzip")
    digest = hashlib.md5(b"no gzip", usedforsecurity=False).hexdigest()
    junk = WeightFile("digits.gz", path.as_uri(), f"md5:{digest}", 7, "-", "-")
    with pytest.raises(UserError, match="cannot be read"):
        sheet(junk, tmp_path / "cache")


def test_portraits_are_refused_with_a_sentence(backend: GanBackend) -> None:
    with pytest.raises(UserError, match="model card"):
        backend.nearest(kind="portraits")
