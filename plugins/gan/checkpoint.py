"""A trained generator as one safetensors file."""

from __future__ import annotations

from pathlib import Path

from plugins.gan.networks import Generator, NetworkConfig
from plugins.gan.weights import load_weights, save_weights

FORMAT = "triptych-gan-1"


def save_generator(generator: Generator, path: Path, **notes: str) -> None:
    """Write the generator's tensors, halved to float16, and its configuration to ``path``.

    notes: further text for the file's metadata, such as the data's licence.
    """
    save_weights(generator, generator.config, path, FORMAT, notes)


def load_generator(path: Path, device: str = "cpu") -> Generator:
    """The generator in ``path``, in float32 and evaluation mode.

    Raises CheckpointError for anything but a safetensors file written by
    :func:`save_generator` (a pickle is never opened), OSError for one that cannot be read.
    """
    generator: Generator = load_weights(Generator, NetworkConfig, path, FORMAT, device)
    return generator
