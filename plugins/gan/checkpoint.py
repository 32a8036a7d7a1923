"""A trained generator as one safetensors file: tensors and a configuration, nothing executable."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from plugins.gan.networks import Generator, NetworkConfig

FORMAT = "triptych-gan-1"


class CheckpointError(Exception):
    """A file that holds no generator of this project."""


def save_generator(generator: Generator, path: Path, **notes: str) -> None:
    """Write the generator's tensors, halved to float16, and its configuration to ``path``.

    notes: further text for the file's metadata, such as the data's licence.
    """
    tensors = {
        name: (value.half() if value.is_floating_point() else value).cpu().contiguous()
        for name, value in generator.state_dict().items()
    }
    metadata = {"format": FORMAT, "config": json.dumps(asdict(generator.config)), **notes}
    save_file(tensors, path, metadata=metadata)


def load_generator(path: Path, device: str = "cpu") -> Generator:
    """The generator in ``path``, in float32 and evaluation mode.

    Raises CheckpointError for anything but a safetensors file written by
    :func:`save_generator` (a pickle is never opened), OSError for one that cannot be read.
    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise CheckpointError(f"{path.name} is not a safetensors file: {error}") from error
    if metadata.get("format") != FORMAT:
        raise CheckpointError(f"{path.name} holds no generator in the format {FORMAT}")
    try:
        generator = Generator(NetworkConfig(**json.loads(metadata["config"])))
        generator.load_state_dict(tensors)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise CheckpointError(f"{path.name} does not match its configuration: {error}") from error
    generator.to(device=torch.device(device), memory_format=torch.channels_last)
    return generator.eval().requires_grad_(False)
