"""Two networks that play a game: watched, used on pictures, and measured."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from host import Plugin, hookimpl
from host.shipped import shipped
from host.weights import WeightFile
from plugins.gan.data.sources import MNIST_TEST, SOURCES


@hookimpl
def register_plugins(register: Callable[[Plugin], None]) -> None:
    register(
        Plugin(
            name="gan",
            title="GAN",
            framework="torch",
            tab="plugins.gan.tab:build",
            backend="plugins.gan.backend:GanBackend",
            description="Two networks play a game, until one of them draws pictures "
            "that nobody made.",
            cover=shipped("assets", "gan", "cover.webp"),
            requires=(
                *("torch", "torchvision", "torchmetrics", "safetensors"),
                *("sklearn", "scipy", "matplotlib"),
            ),
        )
    )


@hookimpl
def register_weights(register: Callable[[WeightFile], None]) -> None:
    for file in [*(file for source in SOURCES.values() for file in source.files), MNIST_TEST]:
        register(file)


@hookimpl
def register_css(register: Callable[[Path], None]) -> None:
    register(Path(__file__).parent / "evaluation" / "report.css")
