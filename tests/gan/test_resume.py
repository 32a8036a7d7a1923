from __future__ import annotations

import json
import pickle
from collections.abc import Iterator

import pytest
import torch
from safetensors.torch import load, save
from torch import Tensor

from plugins.gan.networks import NetworkConfig
from plugins.gan.pictures import bundled_digits
from plugins.gan.training import Trainer, TrainingConfig
from plugins.gan.training.state import (
    read_configs,
    read_extra,
    read_generator,
    restore,
    to_bytes,
)
from plugins.gan.weights import CheckpointError


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    # Sums are then taken in the same order.
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def digits(count: int = 100) -> tuple[Tensor, Tensor]:
    pictures, labels = bundled_digits(32)
    return pictures[:count], labels[:count]


def trained(steps: int, classes: int = 10, **settings: object) -> Trainer:
    pictures, labels = digits()
    config = TrainingConfig(**{"batch_size": 8, "r1_every": 4, "seed": 5, **settings})  # type: ignore[arg-type]
    networks = NetworkConfig(width=8, latent=16, classes=classes)
    trainer = Trainer(pictures, networks, config, labels=labels if classes else None)
    for _ in range(steps):
        trainer.step()
    return trainer


@pytest.fixture(scope="module")
def saved() -> bytes:
    return to_bytes(trained(2))


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"classes": 0, "augment": False},
        {"objective": "hinge"},
        {"objective": "wgan-gp", "updates_d": 2},
        {"precision": "bfloat16"},
    ],
    ids=["conditional", "unconditional", "hinge", "wgan-gp", "bfloat16"],
)
def test_a_resumed_run_goes_on_as_if_it_had_not_stopped(settings: dict) -> None:
    unbroken = trained(7, **settings)
    resumed = restore(to_bytes(unbroken), *digits())
    assert resumed.step_number == 7
    for _ in range(9):  # past the end of the pictures, and past a penalty
        unbroken.step()
        resumed.step()
    for network in ("generator", "discriminator", "average"):
        expected = getattr(unbroken, network).state_dict()
        for name, value in getattr(resumed, network).state_dict().items():
            assert torch.equal(value, expected[name]), (network, name)
    assert resumed.means() == unbroken.means()
    assert resumed.gradient_norms() == unbroken.gradient_norms()


def test_a_run_can_be_saved_before_its_first_step() -> None:
    fresh = trained(0)
    resumed = restore(to_bytes(fresh), *digits())
    fresh.step()
    resumed.step()
    assert resumed.means() == fresh.means()


def test_what_was_saved_can_be_asked_for() -> None:
    data = to_bytes(trained(3, objective="hinge"), {"data": "digits"})
    networks, training, step = read_configs(data)
    assert (networks.width, networks.classes, step) == (8, 10, 3)
    assert training.objective == "hinge"
    assert read_extra(data) == {"data": "digits"}
    with pytest.raises(ValueError, match="step"):
        to_bytes(trained(0), {"step": "3"})


def test_the_averaged_generator_can_be_had_without_the_pictures() -> None:
    trainer = trained(3)
    generator = read_generator(to_bytes(trainer))
    latents, labels = torch.randn(2, 16), torch.eye(10)[:2]
    assert torch.equal(generator(latents, labels), trainer.average(latents, labels))
    with pytest.raises(CheckpointError, match=r"\.$"):
        read_generator(b"nothing of the kind")


def test_changed_rates_are_saved() -> None:
    trainer = trained(1)
    trainer.set_rates(1e-5, 2e-5)
    resumed = restore(to_bytes(trainer), *digits())
    trainer.step()
    resumed.step()
    assert torch.equal(trainer.generator.project.weight, resumed.generator.project.weight)


def test_saving_changes_nothing() -> None:
    one, other = trained(2), trained(2)
    to_bytes(one)
    one.step()
    other.step()
    assert one.means() == other.means()


@pytest.mark.parametrize("how", ["empty", "text", "pickle", "cut", "huge header", "no run", "list"])
def test_damaged_and_foreign_bytes_are_refused(saved: bytes, how: str) -> None:
    data = {
        "empty": b"",
        "text": b"hello, this is no run at all",
        "pickle": pickle.dumps({"a": 1}),
        "cut": saved[: len(saved) // 2],
        "huge header": (2**60).to_bytes(8, "little") + saved[8:],
        "no run": save({"a": torch.zeros(1)}, {"format": "something else"}),
        "list": (2).to_bytes(8, "little") + b"[]",
    }[how]
    with pytest.raises(CheckpointError, match=r"\.$"):
        restore(data, *digits())


def changed(saved: bytes, part: str, **change: object) -> bytes:
    """The run with other settings, its tensors as they were."""
    length = int.from_bytes(saved[:8], "little")
    metadata = json.loads(saved[8 : 8 + length])["__metadata__"]
    metadata[part] = json.dumps({**json.loads(metadata[part]), **change})
    return save(load(saved), metadata)


@pytest.mark.parametrize(
    "change",
    [
        {"width": 10**9},
        {"width": 128, "size": 256},
        {"size": 2**40},
        {"size": 33},
        {"classes": 10**8},
        {"classes": -1},
        {"latent": 10**9},
        {"latent": 17},
        {"channels": 3},
        {"width": "8"},
        {"width": None},
        {"spectral_norm": True},
        {"surprise": 1},
    ],
    ids=str,
)
def test_settings_that_do_not_fit_are_refused_before_memory_is_taken(
    saved: bytes, change: dict
) -> None:
    with pytest.raises(CheckpointError, match=r"\.$"):
        restore(changed(saved, "networks", **change), *digits())


@pytest.mark.parametrize(
    "change",
    [
        {"batch_size": 10**9},
        {"batch_size": True},
        {"learning_rate_g": float("nan")},
        {"objective": "magic"},
        {"objective": ["hinge"]},
        {"precision": "float8"},
        {"updates_d": 0},
        {"seed": -1},
    ],
    ids=str,
)
def test_impossible_ways_to_learn_are_refused(saved: bytes, change: dict) -> None:
    with pytest.raises(CheckpointError, match=r"\.$"):
        restore(changed(saved, "training", **change), *digits())


@pytest.mark.parametrize(
    "name", ["random", "waiting", "sums", "generator.project.weight", "adam_d.step.score.weight"]
)
def test_spoilt_tensors_are_refused(saved: bytes, name: str) -> None:
    length = int.from_bytes(saved[:8], "little")
    metadata = json.loads(saved[8 : 8 + length])["__metadata__"]
    tensors = load(saved)
    for spoilt in (None, torch.full((3,), -1, dtype=torch.int32), torch.zeros(2, 2)):
        kept = {key: value for key, value in tensors.items() if key != name}
        if spoilt is not None:
            kept[name] = spoilt
        with pytest.raises(CheckpointError, match=r"\.$"):
            restore(save(kept, metadata), *digits())


def test_other_pictures_are_refused(saved: bytes) -> None:
    pictures, labels = digits()
    for other in (
        (pictures[:, :, :16, :16], labels),
        (pictures.expand(-1, 3, -1, -1), labels),
        (pictures, None),
        (pictures, labels + 5),
        (pictures[:20], labels[:20]),
    ):
        with pytest.raises(CheckpointError, match=r"\.$"):
            restore(saved, *other)
