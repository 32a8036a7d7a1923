"""The GAN tab: a generator of handwritten digits, and a GAN trained while you watch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from host import Plugin, hookimpl
from host.shipped import shipped


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
def register_css(register: Callable[[Path], None]) -> None:
    register(Path(__file__).parent / "evaluation" / "report.css")
