"""Painted pictures as PNG files that say how they were painted, and the way back."""

from __future__ import annotations

import io
import os
import stat
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np

from host import UserError, images
from plugins.style.settings import Settings

SETTINGS_KEY = "Triptych style settings"
"""The PNG text field with the settings, as JSON."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_LONGEST_TEXT = 20_000  # bytes of a text field; the settings take some 500
_MOST_CHUNKS = 20_000  # a picture saved in pieces of 8 kB has 2,500 for 20 MB
_NONE = (
    "This file holds no style settings: choose a PNG that was painted and saved with Triptych, "
    "as it was saved."
)


def painted_png(picture: np.ndarray, settings: Settings, made: Mapping[str, str]) -> bytes:
    """``picture``, RGB uint8 (H, W, 3), as a PNG file with text fields.

    made: what else to tell, such as {"network": ..., "losses": ...}; a name of 1 to 60 Latin-1
        characters and any text each.
    """
    text = {"Software": "Triptych", SETTINGS_KEY: settings.to_json()}
    text |= {f"Triptych style {name}": value for name, value in made.items()}
    return images.to_png(picture, text)


def read_settings(source: bytes | str | os.PathLike[str]) -> Settings:
    """The settings in a PNG file of :func:`painted_png`, from its bytes or its path.

    Only the text is read, never the pixels. Raises UserError, and nothing else, for a file that
    has none, is damaged, cannot be read or holds settings out of range.
    """
    if isinstance(source, bytes):
        text = _find(io.BytesIO(source))
    else:
        try:
            path = Path(source)
            if not stat.S_ISREG(path.stat().st_mode):  # a pipe could be read for ever
                raise UserError(_NONE)
            with path.open("rb") as stream:
                text = _find(stream)
        except (OSError, ValueError) as error:
            raise UserError("This file cannot be read.") from error
    if text is None:
        raise UserError(_NONE)
    return Settings.from_json(text)


def _find(stream: BinaryIO) -> str | None:
    """The text of the first intact tEXt chunk with the settings (PNG 1.2, sections 3.2, 4.2.3)."""
    if stream.read(len(_SIGNATURE)) != _SIGNATURE:
        return None
    for _ in range(_MOST_CHUNKS):
        head = stream.read(8)
        if len(head) < 8 or head[4:] == b"IEND":
            return None
        length, kind = int.from_bytes(head[:4], "big"), head[4:]
        if kind != b"tEXt" or length > _LONGEST_TEXT:
            stream.seek(length + 4, os.SEEK_CUR)
            continue
        body, checksum = stream.read(length), stream.read(4)
        key, _, text = body.partition(b"\0")
        if key != SETTINGS_KEY.encode("latin-1"):
            continue
        if zlib.crc32(kind + body).to_bytes(4, "big") != checksum:
            return None
        return text.decode("latin-1")
    return None
