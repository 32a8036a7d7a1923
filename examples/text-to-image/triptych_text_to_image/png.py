"""A picture's file, which knows how it was made."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping

import numpy as np
from PIL import Image

from host import UserError, images

KEY = "text_to_image"
"""Name of the PNG text field; its text is a JSON object of strings."""


def made_png(picture: np.ndarray, settings: Mapping[str, str]) -> bytes:
    """``picture`` (H, W, 3) RGB uint8 as a PNG file with ``settings`` inside."""
    return images.to_png(picture, {KEY: json.dumps(dict(settings), ensure_ascii=False)})


def read_settings(data: bytes) -> dict[str, str]:
    """The settings inside a file of :func:`made_png`. Raises UserError for any other file."""
    try:
        with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
            found = json.loads(image.info[KEY])
        return {str(name): str(value) for name, value in found.items()}
    except (OSError, SyntaxError, ValueError, KeyError, AttributeError) as error:
        raise UserError("This picture does not tell how it was made.") from error
