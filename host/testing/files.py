"""Small files to send where an event wants one, sound and broken."""

from __future__ import annotations

import io
import wave
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image


def sent(path: Path) -> dict[str, Any]:
    """A file as Gradio's client sends it."""
    return {"path": str(path), "orig_name": path.name, "meta": {"_type": "gradio.FileData"}}


def picture(folder: Path, width: int = 96, height: int = 64) -> Path:
    """A smooth RGB picture as a PNG."""
    path = folder / f"picture-{width}x{height}.png"
    if not path.exists():
        x, y = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
        Image.fromarray(np.stack([x, y, 255 - x], -1).astype(np.uint8)).save(path)
    return path


def sound(folder: Path) -> Path:
    """Half a second of 440 Hz, mono."""
    path = folder / "sound.wav"
    samples = 8000 * np.sin(2 * np.pi * 440 * np.arange(8000) / 16000)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(samples.astype("<i2").tobytes())
    return path


def guessed(folder: Path, types: Sequence[str]) -> Path | None:
    """A file of one of these types (".zip", "image", ...); None where nobody can guess one."""
    if not types:
        return picture(folder)
    makers: dict[str, Callable[[], bytes]] = {
        ".zip": lambda: _zip(folder),
        ".txt": lambda: b"A short text.\n",
        ".md": lambda: b"A short text.\n",
        "text": lambda: b"A short text.\n",
        ".csv": lambda: b"a,b\n1,2\n3,4\n",
        ".json": lambda: b"{}\n",
        ".npy": lambda: _npy(),
    }
    for kind in types:
        if kind in ("image", ".png"):
            return picture(folder)
        if kind in (".jpg", ".jpeg", ".webp", ".bmp"):
            path = folder / f"picture{kind}"
            Image.open(picture(folder)).save(path)
            return path
        if kind in ("audio", ".wav"):
            return sound(folder)
        if kind in makers:
            path = folder / f"file{kind if kind.startswith('.') else '.txt'}"
            path.write_bytes(makers[kind]())
            return path
    return None


def junk(folder: Path, suffix: str, content: bytes = b"\x00this is no such file\xff" * 20) -> Path:
    """A file that is not what its name says."""
    path = folder / f"{'junk' if content else 'empty'}{suffix}"
    path.write_bytes(content)
    return path


def _zip(folder: Path) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in ("one/1.png", "one/2.png", "two/1.png", "two/2.png"):
            archive.write(picture(folder), name)
    return packed.getvalue()


def _npy() -> bytes:
    data = io.BytesIO()
    np.save(data, np.zeros((2, 2), np.float32))
    return data.getvalue()
