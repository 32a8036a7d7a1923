from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save_file
from sklearn.datasets import load_digits
from sklearn.svm import SVC

from plugins.gan.backend import GanBackend
from plugins.gan.checkpoint import FORMAT, load_generator, save_generator
from plugins.gan.networks import Generator, NetworkConfig
from plugins.gan.weights import CheckpointError, save_weights

CHECKPOINT = Path(__file__).resolve().parents[2] / "assets" / "gan" / "digits.safetensors"


def test_a_saved_generator_comes_back_and_draws_the_same(tmp_path: Path) -> None:
    torch.manual_seed(0)
    generator = Generator(NetworkConfig(width=8, classes=10)).half().float().eval()
    save_generator(generator, tmp_path / "g.safetensors", data="none")
    again = load_generator(tmp_path / "g.safetensors")
    latents, labels = torch.randn(2, 64), torch.eye(10)[:2]
    assert again.config == generator.config
    torch.testing.assert_close(again(latents, labels), generator(latents, labels))


def test_files_from_before_an_option_existed_still_open(tmp_path: Path) -> None:
    """An older file's configuration lacks the newer names."""
    generator = Generator(NetworkConfig(width=8))
    config = {"size": 32, "channels": 1, "latent": 64, "width": 8, "classes": 0}
    metadata = {"format": "triptych-gan-1", "config": json.dumps(config)}
    save_file(generator.state_dict(), tmp_path / "old.safetensors", metadata=metadata)
    assert load_generator(tmp_path / "old.safetensors").config == generator.config


class Trap:
    def __reduce__(self) -> tuple:
        return (pytest.fail, ("a pickle was opened",))


@pytest.mark.parametrize("how", ["torch", "pickle", "zip", "text", "cut", "empty"])
def test_only_safetensors_are_opened(tmp_path: Path, how: str) -> None:
    path = tmp_path / "g.safetensors"
    if how == "torch":
        torch.save({"trap": Trap()}, path)
    elif how == "zip":
        torch.save({}, path)
    elif how == "cut":
        path.write_bytes(CHECKPOINT.read_bytes()[:5000])
    else:
        path.write_bytes({"pickle": pickle.dumps(Trap()), "text": b"hello", "empty": b""}[how])
    with pytest.raises(CheckpointError, match=r"g\.safetensors is not a safetensors file"):
        load_generator(path)


def test_other_tensors_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "g.safetensors"
    save_file({"a": torch.zeros(1)}, path)
    with pytest.raises(CheckpointError, match="holds nothing in the format"):
        load_generator(path)
    for config in ({"width": 8}, {"size": 9}, {"nonsense": 1}):
        metadata = {"format": "triptych-gan-1", "config": json.dumps(config)}
        save_file({"a": torch.zeros(1)}, path, metadata=metadata)
        with pytest.raises(CheckpointError, match="does not match its configuration"):
            load_generator(path)


def test_the_shipped_file_is_small_and_says_where_it_comes_from() -> None:
    assert CHECKPOINT.stat().st_size < 4_000_000
    assert CHECKPOINT.with_suffix(".md").is_file()
    with safe_open(CHECKPOINT, framework="np") as file:
        assert "MNIST" in file.metadata()["data"]
        assert "CC BY-SA 3.0" in file.metadata()["data"]


def as_uci(picture: np.ndarray) -> np.ndarray:
    """An RGB digit (64, 64, 3) as scikit-learn's digits are: cut out, 8x8, 0 to 16."""
    grey = picture[..., 0]
    rows, columns = (np.flatnonzero((grey > 100).any(axis=axis)) for axis in (1, 0))
    height = rows[-1] + 1 - rows[0]
    middle = (columns[0] + columns[-1] + 1) / 2
    half = max(height, columns[-1] + 1 - columns[0]) / 2
    box = (middle - half, rows[0], middle + half, rows[-1] + 1)
    small = Image.fromarray(grey).resize((8, 8), Image.Resampling.BOX, box=_inside(box))
    return np.asarray(small).ravel() / 255 * 16


def _inside(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    return (max(box[0], 0.0), box[1], min(box[2], 64.0), box[3])


def test_digits_are_the_ones_asked_for(
    backend: GanBackend, cells: Callable[[np.ndarray], np.ndarray]
) -> None:
    """A judge that never saw MNIST: a support vector machine on scikit-learn's own digits, which
    names 60 % of real MNIST digits seen this way."""
    known = load_digits()
    judge = SVC(gamma=0.001).fit(known.data, known.target)
    drawn = cells(backend.generate("all", seed=123, count=14, truncation=2.0))
    asked = np.tile(np.arange(10), 14)
    judged = judge.predict([as_uci(picture) for picture in drawn])
    assert (judged == asked).mean() > 0.45  # chance is 0.1


def test_8_bits_are_half_the_size_and_nearly_the_same(tmp_path: Path) -> None:
    generator = load_generator(CHECKPOINT)
    for bits in (8, 16):
        path = tmp_path / f"{bits}.safetensors"
        save_weights(generator, generator.config, path, FORMAT, {}, bits)
    sizes = [(tmp_path / f"{bits}.safetensors").stat().st_size for bits in (8, 16)]
    assert sizes[0] < 0.55 * sizes[1]
    points, labels = torch.randn(4, 64), torch.eye(10)[:4]
    first, second = (
        load_generator(tmp_path / f"{bits}.safetensors")(points, labels) for bits in (8, 16)
    )
    assert 0 < (first - second).abs().mean() < 0.02
