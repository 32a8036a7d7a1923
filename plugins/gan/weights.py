"""A network's weights as one safetensors file: tensors and a configuration, nothing executable."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn


class CheckpointError(Exception):
    """A file that holds no network of this project."""


_SCALE = ".scale"
"""Added to the name of a tensor kept in 8 bits, for what its numbers are multiplied by."""


def save_weights(
    network: nn.Module,
    config: Any,
    path: Path,
    kind: str,
    notes: Mapping[str, str],
    bits: int = 16,
) -> None:
    """Write ``network`` and ``config`` (a dataclass of its arguments).

    kind: what the file holds, such as "triptych-enlarger-1"; it is asked for when loading.
    notes: further text for the file's metadata.
    bits: 16, or 8 for kernels and matrices, each of their slices scaled by its largest number.
    """
    tensors: dict[str, Tensor] = {}
    for name, value in network.state_dict().items():
        value = value.detach().cpu()
        if bits == 8 and value.is_floating_point() and value.dim() > 1:
            scale = value.flatten(1).abs().amax(1).clamp(min=1e-8) / 127
            tensors[name + _SCALE] = scale.float()
            value = (value / _wide(scale, value)).round().to(torch.int8)
        elif value.is_floating_point():
            value = value.half()
        tensors[name] = value.contiguous()
    metadata = {"format": kind, "config": json.dumps(asdict(config)), **notes}
    save_file(tensors, path, metadata=metadata)


def load_weights(make: Any, config_of: Any, path: Path, kind: str, device: str) -> Any:
    """``make(config_of(**...))`` with the weights in ``path``, float32, in evaluation mode.

    Raises CheckpointError for anything but a file that :func:`save_weights` wrote for ``kind``,
    OSError for one that cannot be read.
    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise CheckpointError(f"{path.name} is not a safetensors file: {error}") from error
    if metadata.get("format") != kind:
        raise CheckpointError(f"{path.name} holds nothing in the format {kind}")
    try:
        network = make(config_of(**json.loads(metadata["config"])))
        network.load_state_dict(_unpacked(tensors))
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise CheckpointError(f"{path.name} does not match its configuration: {error}") from error
    network.to(device=torch.device(device), memory_format=torch.channels_last)
    return network.eval().requires_grad_(False)


def _unpacked(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    scales = {name: tensors.pop(name) for name in [*tensors] if name.endswith(_SCALE)}
    for name, scale in scales.items():
        packed = tensors[name.removesuffix(_SCALE)]
        tensors[name.removesuffix(_SCALE)] = packed.float() * _wide(scale, packed)
    return tensors


def _wide(scale: Tensor, like: Tensor) -> Tensor:
    return scale.view(-1, *[1] * (like.dim() - 1))
