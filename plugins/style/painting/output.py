"""A painted picture as a file, and what the command says of it."""

from __future__ import annotations

import dataclasses
import io
import os
from pathlib import Path

import numpy as np
from PIL import Image

from host import UserError
from plugins.style.painting.files import painted_png
from plugins.style.results import Losses, TransferStep
from plugins.style.settings import STEPS, Settings


def progress(step: TransferStep) -> str:
    left = "" if step.left is None else f"{step.left:.0f} s left"
    return f"{left}, {_losses(step.losses)}" if step.losses else left


def _losses(losses: Losses) -> str:
    names = ("total", "content", "style", "smoothness")
    return ", ".join(f"{name} {getattr(losses, name):.4f}" for name in names)


def summary(picture: np.ndarray, step: TransferStep) -> str:
    height, width = picture.shape[:2]
    losses = f"; losses: {_losses(step.losses)}" if step.losses else ""
    return f"{width} x {height}, {step.network}, {step.step} steps in {step.elapsed:.1f} s{losses}"


def encoded(out: Path, picture: np.ndarray, settings: Settings, step: TransferStep) -> bytes:
    if out.suffix.lower() == ".png":
        settings = dataclasses.replace(settings, network=step.network)  # "auto" may change
        if settings.seconds:  # they decided, not the steps
            steps = max(step.step, STEPS[0])
            settings = dataclasses.replace(settings, steps=steps)
        made = {"network": step.network, "losses": _losses(step.losses) if step.losses else ""}
        return painted_png(picture, settings, made)
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "JPEG", quality=95, subsampling=0)
    return stream.getvalue()


def write(path: Path, data: bytes) -> None:
    """All of it or nothing: half a picture would pass for a finished one."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            beside.write_bytes(data)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}.") from error
