"""Cut the faces out of a folder of portraits, upright and of one size, for the two GAN trainers.

    python scripts/gan_align_portraits.py PORTRAITS OUT.npz [--size N]

PORTRAITS: a folder of pictures, one person each. Written: ``pictures``, uint8 (N, size, size, 3),
in the order of the file names; a picture in which the face plugin finds no face, or only one that
would need more than a quarter of the crop from outside the picture, is left out.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

from host import UserError, images
from plugins.face.alignment import DLIB_TEMPLATE, similarity, warp
from plugins.face.detector import Detector, main_face

ZOOM = 0.78
"""Below 1 the crop shows hair and chin too; lowered, so that the whole head is in it."""
OUTSIDE = 0.25


def crop(detector: Detector, picture: np.ndarray, size: int) -> np.ndarray | None:
    faces = detector.detect(picture)
    if not faces:
        return None
    face = faces[main_face(faces, picture.shape)]
    template = (DLIB_TEMPLATE - 0.5) * ZOOM + 0.5 + [0, 0.03]
    matrix = similarity(np.asarray(face.landmarks), template * size)
    outside = warp(np.full_like(picture, 255), matrix, size)[..., 0] < 128
    if outside.mean() > OUTSIDE:
        return None
    pad = max(picture.shape[:2]) // 2  # by its edge rather than by black
    padded = np.pad(picture, ((pad, pad), (pad, pad), (0, 0)), mode="edge")
    shifted = matrix.copy()
    shifted[:, 2] -= matrix[:, :2] @ [pad, pad]
    return warp(padded, shifted, size)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("portraits", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--size", type=int, default=128)
    args = parser.parse_args()
    detector = Detector()
    crops = []
    files = sorted(
        p for p in args.portraits.rglob("*") if p.suffix[1:].lower() in images.EXTENSIONS
    )
    for number, path in enumerate(files, 1):
        try:
            found = crop(detector, images.load(path), args.size)
        except UserError as error:
            print(f"{path.name}: {error}", file=sys.stderr)
            continue
        if found is not None:
            crops.append(found)
        if number % 500 == 0:
            print(f"{number} of {len(files)}, {len(crops)} faces", flush=True)
    np.savez_compressed(args.out, pictures=np.stack(crops))
    print(f"{len(crops)} of {len(files)} -> {args.out}")


if __name__ == "__main__":
    main()
