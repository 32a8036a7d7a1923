"""The networks that come with the program, each loaded when it is first needed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from host import UserError
from plugins.gan.checkpoint import load_generator
from plugins.gan.networks import Generator
from plugins.gan.translation.enlarger import Enlarger, load_enlarger
from plugins.gan.translation.quality import Eye, load_eye
from plugins.gan.translation.unet import UNet, load_unet
from plugins.gan.weights import CheckpointError

T = TypeVar("T")


class LoadedNetworks:
    """Those in ``folder``, NAME.safetensors each. Raises UserError for one that is not as it was.

    device: PyTorch's name of where they compute.
    """

    def __init__(self, device: str, folder: Path) -> None:
        self.device, self.folder = device, folder
        self._loaded: dict[str, Any] = {}

    def generator(self, kind: str) -> Generator:
        """kind: one of :data:`plugins.gan.models.SHIPPED`."""
        return self._load(kind, load_generator)

    def enlarger(self, name: str) -> Enlarger:
        return self._load(name, load_enlarger)

    def unet(self, name: str) -> UNet:
        return self._load(name, load_unet)

    def eye(self) -> Eye:
        return self._load("perceptual", load_eye)

    def _load(self, name: str, load: Callable[[Path, str], T]) -> T:
        if name not in self._loaded:
            path = self.folder / f"{name}.safetensors"
            try:
                self._loaded[name] = load(path, self.device)
            except (CheckpointError, OSError) as error:
                raise UserError(
                    f"{path.name}, a file of this program, is missing or damaged."
                ) from error
        found: T = self._loaded[name]
        return found
