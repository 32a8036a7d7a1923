"""What the tests of the gallery share."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from plugins.face.gallery import Gallery

HOSTILE = [
    "Robert'); DROP TABLE face_person;--",
    "a/b\\c",
    "../../x",
    "<script>alert(1)</script>",
    "👩‍👩‍👧 family",
    "אבג דהו",
    "\u202eevil",
    "%s %(x)s {0} :name ?",
    '"quoted" `name`',
    "é" * 100,
    "gallery.json",
    "NULL",
]


def jpeg(shade: int = 0) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), (shade % 256, shade // 256 % 256, 90)).save(out, "JPEG")
    return out.getvalue()


JPEG = jpeg()


def vectors(count: int, dimension: int = 8, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, dimension), dtype=np.float32)


def distances(encodings: np.ndarray, query: np.ndarray) -> np.ndarray:
    return np.sqrt(((encodings.astype(np.float64) - query.astype(np.float64)) ** 2).sum(axis=-1))


def names(gallery: Gallery) -> list[str]:
    return [person.name for person in gallery.people()]
