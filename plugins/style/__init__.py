"""Neural style transfer: a photo painted in the manner of a painting."""

from __future__ import annotations

from collections.abc import Callable

from host import Command, Plugin, hookimpl
from host.shipped import shipped
from host.weights import WeightFile
from plugins.style.models import MODELS


@hookimpl
def register_plugins(register: Callable[[Plugin], None]) -> None:
    register(
        Plugin(
            name="style",
            title="Style",
            framework="tensorflow",
            tab="plugins.style.tab:build",
            backend="plugins.style.backend:StyleBackend",
            description="A photo, painted in the manner of a painting, while you watch "
            "and change your mind.",
            cover=shipped("assets", "style", "cover.webp"),
            requires=(
                *("tensorflow", "keras", "h5py", "safetensors"),
                *("sklearn", "scipy", "matplotlib"),
            ),
        )
    )


@hookimpl
def register_commands(register: Callable[[Command], None]) -> None:
    about = "paint a photo, or a folder of them"
    register(Command("style", "paint", "plugins.style.painting.command:main", about))


@hookimpl
def register_weights(register: Callable[[WeightFile], None]) -> None:
    for model in MODELS:
        if model.weights is not None:
            register(model.weights)
