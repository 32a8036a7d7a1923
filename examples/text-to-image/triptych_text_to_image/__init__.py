"""Text + model -> new image: Stable Diffusion through diffusers.

This module is read by the web process: it names the tab and the backend and imports neither.
"""

from __future__ import annotations

from collections.abc import Callable

from host import Plugin, SettingsSection, hookimpl

from .options import Options

NAME = "text_to_image"


@hookimpl
def register_plugins(register: Callable[[Plugin], None]) -> None:
    register(
        Plugin(
            name=NAME,
            title="Text to image",
            framework="torch",
            tab="triptych_text_to_image.tab:build",
            backend="triptych_text_to_image.backend:TextToImageBackend",
            description="A new picture from words, and from a picture if you like (diffusers).",
            requires=("torch", "diffusers", "transformers", "accelerate", "peft"),
        )
    )


@hookimpl
def register_settings(register: Callable[[SettingsSection], None]) -> None:
    register(SettingsSection(NAME, Options))
