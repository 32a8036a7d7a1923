"""A game's settings as a piece of a link: what differs from the default, as base64url of JSON."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import json
from typing import Any

import numpy as np

from host import UserError
from plugins.gan.playground.settings import PlaySettings

LONGEST = 4_000  # characters; browsers and chats cut longer links
MOST_POINTS = 400
"""Drawn points in a link; of more, evenly spread ones are taken."""
_REFUSED = "The link's settings cannot be read, so the usual ones are shown."
_DEFAULT = PlaySettings()
_NAMES = tuple(each.name for each in dataclasses.fields(PlaySettings) if each.name != "points")
_LEVELS = 255  # a point's place is one byte each way


def encode(settings: PlaySettings) -> str:
    """Letters, digits, "-" and "_" only; "" for the default settings."""
    told: dict[str, Any] = {
        name: getattr(settings, name)
        for name in _NAMES
        if getattr(settings, name) != getattr(_DEFAULT, name)
    }
    if settings.distribution == "own" and settings.points is not None and len(settings.points):
        told["points"] = _pack(settings.points)
    if not told:
        return ""
    text = json.dumps(told, separators=(",", ":"), sort_keys=True, allow_nan=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(code: str) -> PlaySettings:
    """The settings of a link.

    Raises UserError, and nothing else, for what :func:`encode` would not have written or what is
    not allowed here.
    """
    try:
        return PlaySettings(**_read(code)).checked()
    except (ValueError, TypeError, RecursionError) as error:
        raise UserError(_REFUSED) from error
    except UserError as error:
        raise UserError(f"{_REFUSED} {error}") from error


def _read(code: str) -> dict[str, Any]:
    if not isinstance(code, str) or len(code) > LONGEST:
        raise ValueError("too long")
    if not code:
        return {}
    padded = code.encode("ascii") + b"=" * (-len(code) % 4)
    told = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    if not isinstance(told, dict) or set(told) - {*_NAMES, "points"}:
        raise ValueError("not settings")
    if "points" in told:
        told["points"] = _unpack(told["points"])
    return told


def _pack(points: np.ndarray) -> str:
    if len(points) > MOST_POINTS:
        points = points[np.linspace(0, len(points) - 1, MOST_POINTS).round().astype(int)]
    levels = np.rint((np.clip(points, -1, 1) + 1) / 2 * _LEVELS).astype(np.uint8)
    return base64.urlsafe_b64encode(levels.tobytes()).decode().rstrip("=")


def _unpack(text: Any) -> np.ndarray:
    if not isinstance(text, str):
        raise ValueError("not points")
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
    if not data or len(data) % 2:
        raise ValueError("not pairs")
    levels = np.frombuffer(data, np.uint8).reshape(-1, 2).astype(np.float32)
    return levels / _LEVELS * 2 - 1
