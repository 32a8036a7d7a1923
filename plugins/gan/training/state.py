"""A run as bytes, to go on from later: one safetensors blob, nothing executable in it.

In it are both networks, the averaged generator, the optimisers' moments, the random numbers' state
and the pictures still to be shown, all exact, so that the run goes on as if it had not stopped.
The pictures themselves are not in it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn

from host.checks import MAX_SEED
from plugins.gan.networks import Discriminator, Generator, NetworkConfig
from plugins.gan.training.config import TrainingConfig
from plugins.gan.training.objectives import OBJECTIVES
from plugins.gan.training.trainer import Trainer
from plugins.gan.weights import CheckpointError

FORMAT = "triptych-gan-run-1"
MAX_BYTES = 512 * 2**20
MAX_STEPS = 10**9
_LIMITS: dict[str, tuple[float, float]] = {
    "size": (8, 256),
    "channels": (1, 3),
    "latent": (1, 1024),
    "width": (1, 128),
    "classes": (0, 1000),
    "batch_size": (1, 4096),
    "learning_rate_g": (0, 1),
    "learning_rate_d": (0, 1),
    "r1": (0, 1e6),
    "r1_every": (1, 10_000),
    "ema_half_life": (0, 1e9),
    "seed": (0, MAX_SEED),
    "updates_d": (1, 100),
    "gradient_penalty": (0, 1e6),
    "gradient_penalty_every": (1, 10_000),
}
"""Checked before anything is made from a configuration that somebody sent."""
_RESERVED = ("format", "networks", "training", "step")
_DAMAGED = "This file is no saved training run, or it is damaged."


def to_bytes(trainer: Trainer, extra: dict[str, str] | None = None) -> bytes:
    """The run as it stands between two steps.

    extra: texts to keep with it (:func:`read_extra`), such as the data's name. ValueError for one
    named "format", "networks", "training" or "step".
    """
    extra = extra or {}
    if taken := set(extra) & set(_RESERVED):
        raise ValueError(f"names in use: {', '.join(sorted(taken))}")
    tensors = {"random": trainer._random.get_state(), "waiting": trainer.reals.waiting.int()}
    tensors["sums"] = torch.cat([trainer._sums, trainer._norms, trainer._skips[None]])
    tensors["summed"] = torch.tensor(trainer._summed)
    for name, network in _networks(trainer).items():
        for key, value in network.state_dict().items():
            tensors[f"{name}.{key}"] = value
    for name, (network, optimiser) in _optimisers(trainer).items():
        for key, parameter in network.named_parameters():
            for moment, value in optimiser.state.get(parameter, {}).items():
                tensors[f"{name}.{moment}.{key}"] = value
    config = replace(trainer.config, precision=trainer.precision, augment=trainer.augments)
    return save(
        {key: value.detach().cpu().contiguous() for key, value in tensors.items()},
        {
            **extra,
            "format": FORMAT,
            "networks": json.dumps(asdict(trainer.networks)),
            "training": json.dumps(asdict(config)),
            "step": str(trainer.step_number),
        },
    )


def read_extra(data: bytes) -> dict[str, str]:
    """The texts given to :func:`to_bytes`. CheckpointError for anything that is no saved run."""
    return {key: text for key, text in _metadata(data).items() if key not in _RESERVED}


def read_configs(data: bytes) -> tuple[NetworkConfig, TrainingConfig, int]:
    """The configurations and the number of steps done, all within limits. CheckpointError for
    anything that is no saved run."""
    metadata = _metadata(data)
    try:
        networks = NetworkConfig(**_checked(metadata["networks"], NetworkConfig))
        training = TrainingConfig(**_checked(metadata["training"], TrainingConfig))
        step = int(metadata["step"])
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise CheckpointError(f"The saved run's settings cannot be used: {error}.") from error
    if not 0 <= step <= MAX_STEPS or training.objective not in OBJECTIVES:
        raise CheckpointError("The saved run's settings cannot be used: out of range.")
    return networks, training, step


def restore(
    data: bytes, pictures: Tensor, labels: Tensor | None = None, device: str = "cpu"
) -> Trainer:
    """The run of :func:`to_bytes`, ready for its next step, on the pictures that it had.

    Raises CheckpointError, with a sentence for people, for damaged or foreign bytes, and for
    pictures of another size, number or kind than the run's.
    """
    networks, config, step = read_configs(data)
    _same_pictures(networks, pictures, labels)
    tensors = _tensors(data)
    _same_shapes(networks, tensors)
    trainer = Trainer(pictures, networks, config, device, labels)
    take = _taker(tensors)
    try:
        for name, network in _networks(trainer).items():
            network.load_state_dict(
                {key: take(f"{name}.{key}", value) for key, value in network.state_dict().items()}
            )
        if step:
            for name, (network, optimiser) in _optimisers(trainer).items():
                _load_moments(name, network, optimiser, take)
        _load_counters(trainer, tensors, take)
    except (KeyError, RuntimeError, TypeError, ValueError) as error:
        raise CheckpointError("The saved run does not match its settings.") from error
    trainer.step_number = step
    return trainer


def verify(data: bytes) -> None:
    """CheckpointError unless ``data`` is a whole saved run, with networks of finite numbers."""
    networks, _, _ = read_configs(data)
    tensors = _tensors(data)
    _same_shapes(networks, tensors)
    if not all(t.isfinite().all() for t in tensors.values() if t.is_floating_point()):
        raise CheckpointError(_DAMAGED)


def read_generator(data: bytes, device: str = "cpu") -> Generator:
    """The averaged generator of a saved run, in evaluation mode. CheckpointError for anything
    that is no saved run."""
    networks, _, _ = read_configs(data)
    tensors = _tensors(data)
    _same_shapes(networks, tensors)
    generator = Generator(networks)
    take = _taker(tensors)
    try:
        generator.load_state_dict(
            {key: take(f"average.{key}", value) for key, value in generator.state_dict().items()}
        )
    except (KeyError, ValueError) as error:
        raise CheckpointError("The saved run does not match its settings.") from error
    generator.to(device=torch.device(device), memory_format=torch.channels_last)
    return generator.eval().requires_grad_(False)


def _tensors(data: bytes) -> dict[str, Tensor]:
    try:
        return load(data)
    except (SafetensorError, ValueError, KeyError) as error:
        raise CheckpointError(_DAMAGED) from error


def _networks(trainer: Trainer) -> dict[str, nn.Module]:
    return {
        "generator": trainer.generator,
        "discriminator": trainer.discriminator,
        "average": trainer.average,
    }


def _optimisers(trainer: Trainer) -> dict[str, tuple[nn.Module, torch.optim.Adam]]:
    return {
        "adam_g": (trainer.generator, trainer._optimiser_g),
        "adam_d": (trainer.discriminator, trainer._optimiser_d),
    }


def _taker(tensors: dict[str, Tensor]) -> Callable[[str, Tensor], Tensor]:
    """Takes a tensor by its name: finite, and of the shape and type of ``like``."""

    def take(name: str, like: Tensor) -> Tensor:
        value = tensors[name]
        if value.shape != like.shape or value.dtype != like.dtype:
            raise ValueError(name)
        if value.is_floating_point() and not value.isfinite().all():
            raise ValueError(name)
        return value

    return take


def _load_moments(
    name: str,
    network: nn.Module,
    optimiser: torch.optim.Adam,
    take: Callable[[str, Tensor], Tensor],
) -> None:
    for key, parameter in network.named_parameters():
        steps = torch.zeros((), dtype=torch.float32)
        state = optimiser.state[parameter]
        state["step"] = take(f"{name}.step.{key}", steps).to(parameter.device)
        for moment in ("exp_avg", "exp_avg_sq"):
            value = take(f"{name}.{moment}.{key}", parameter.detach())
            if moment == "exp_avg_sq" and (value < 0).any():
                raise ValueError(name)
            # The fused update walks through the memory: the layout must be the parameter's.
            state[moment] = torch.empty_like(parameter.detach()).copy_(value)


def _load_counters(
    trainer: Trainer, tensors: dict[str, Tensor], take: Callable[[str, Tensor], Tensor]
) -> None:
    trainer._random.set_state(take("random", trainer._random.get_state()))
    waiting = tensors["waiting"]
    count = len(trainer.reals)
    if waiting.dtype != torch.int32 or waiting.dim() != 1 or len(waiting) > 4096 + count:
        raise ValueError("waiting")
    if len(waiting) and not 0 <= waiting.min() <= waiting.max() < count:
        raise CheckpointError("The saved run learnt from more pictures than these.")
    trainer.reals.waiting = waiting.long()
    sums, norms, skips = tensors["sums"].to(trainer.device).float().split([5, 2, 1])
    trainer._sums, trainer._norms, trainer._skips = sums.clone(), norms.clone(), skips[0].clone()
    trainer._summed = max(int(take("summed", torch.tensor(0)).item()), 0)


def _metadata(data: bytes) -> dict[str, str]:
    """The texts of the header, which is JSON after its length in 8 bytes."""
    if not isinstance(data, bytes) or len(data) > MAX_BYTES:
        raise CheckpointError(_DAMAGED)
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or length > min(len(data) - 8, 10**6):
        raise CheckpointError(_DAMAGED)
    try:
        metadata = json.loads(data[8 : 8 + length])["__metadata__"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CheckpointError(_DAMAGED) from error
    if not isinstance(metadata, dict) or metadata.get("format") != FORMAT:
        raise CheckpointError("This file holds no saved training run.")
    if not all(isinstance(text, str) for text in metadata.values()):
        raise CheckpointError(_DAMAGED)
    return metadata


def _checked(text: str, kind: type) -> dict[str, Any]:
    """The fields of a configuration, each of its default's type and within _LIMITS."""
    fields = json.loads(text)
    defaults = asdict(kind())
    if not isinstance(fields, dict) or not set(fields) <= set(defaults):
        raise ValueError("unknown names")
    for name, value in fields.items():
        default = bool(value) if defaults[name] is None else defaults[name]
        if type(value) is not type(default) and not (type(default) is float and type(value) is int):
            raise ValueError(f"{name} is of a wrong kind")
        if name in _LIMITS and not _LIMITS[name][0] <= value <= _LIMITS[name][1]:
            raise ValueError(f"{name} is out of range")
    return fields


def _same_shapes(networks: NetworkConfig, tensors: dict[str, Tensor]) -> None:
    """Compare the networks' tensors before memory is taken for them."""
    with torch.device("meta"):
        expected: dict[str, nn.Module] = {"generator": Generator(networks)}
        expected["discriminator"] = Discriminator(networks)
    for name, network in expected.items():
        for key, value in network.state_dict().items():
            given = tensors.get(f"{name}.{key}")
            if given is None or given.shape != value.shape:
                raise CheckpointError("The saved run does not match its settings.")


def _same_pictures(networks: NetworkConfig, pictures: Tensor, labels: Tensor | None) -> None:
    shape = (networks.channels, networks.size, networks.size)
    if tuple(pictures.shape[1:]) != shape or not len(pictures):
        raise CheckpointError(
            f"The saved run draws {networks.size}x{networks.size} pictures with "
            f"{networks.channels} channels; the pictures given to it are of another kind."
        )
    if networks.classes and (labels is None or int(labels.max()) >= networks.classes):
        raise CheckpointError(
            f"The saved run knows {networks.classes} classes; the pictures have others or none."
        )
