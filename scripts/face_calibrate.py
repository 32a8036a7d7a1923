"""Measures a recognition model on pairs of pictures and fits its threshold and probability.

    python scripts/face_calibrate.py PICTURES [--model offline] [--weights FILE]

PICTURES is a folder with one sub-folder of *.jpg for each person. All pairs of pictures of one
person count as "same", all pairs of different people as "different"; both kinds weigh equally.
The threshold and the slope are those of the logistic regression from distance to "same"; paste
them into plugins/face/models.py. Used: the people of LFW (Labeled Faces in the Wild, deep-funneled,
vis-www.cs.umass.edu/lfw, for research use) whom View-2 does not name, so that View-2 stays an
independent test.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


def fit_logistic(same: np.ndarray, different: np.ndarray) -> tuple[float, float]:
    """(slope, midpoint) of the likeliest logistic, both kinds weighing equally (Newton)."""
    x = np.concatenate([same, different])
    y = np.concatenate([np.ones(len(same)), np.zeros(len(different))])
    w = np.concatenate(
        [np.full(len(same), 0.5 / len(same)), np.full(len(different), 0.5 / len(different))]
    )
    design = np.column_stack([x - x.mean(), np.ones_like(x)])
    beta = np.zeros(2)
    for _ in range(100):
        p = 1 / (1 + np.exp(-design @ beta))
        gradient = design.T @ (w * (y - p))
        hessian = (design * (w * p * (1 - p))[:, None]).T @ design
        step = np.linalg.solve(hessian + 1e-12 * np.eye(2), gradient)
        beta += step / max(1.0, float(np.abs(step).max() / 5))
        if np.abs(step).max() < 1e-9:
            break
    return float(-beta[0]), float(x.mean() - beta[1] / beta[0])


def report(name: str, encodings: np.ndarray, people: np.ndarray, shown: float) -> None:
    square = (encodings**2).sum(1)
    distances = np.sqrt(np.maximum(square[:, None] + square[None] - 2 * encodings @ encodings.T, 0))
    upper = np.triu_indices(len(people), 1)
    equal = (people[:, None] == people[None])[upper]
    same = np.sort(distances[upper][equal].astype(float))
    different = np.sort(distances[upper][~equal].astype(float))
    auc = 1 - np.searchsorted(different, same).mean() / len(different)
    slope, midpoint = fit_logistic(same, different)

    def accuracy(threshold: float) -> float:
        return float(((same <= threshold).mean() + (different > threshold).mean()) / 2)

    grid = np.linspace(same[0], different[-1], 500)
    best = max(grid, key=accuracy)
    print(f"{name}: {len(same)} same, {len(different)} different pairs, AUC {auc:.5f}")
    print(f"  logistic: threshold {midpoint:.4f}, slope {slope:.2f}")
    for threshold in (midpoint, best, shown):
        print(
            f"  at {threshold:.3f}: {accuracy(threshold):.2%} right; same accepted "
            f"{(same <= threshold).mean():.2%}, strangers accepted "
            f"{(different <= threshold).mean():.3%}"
        )
    for rate in (1e-2, 1e-3):
        limit = different[int(rate * len(different))]
        print(f"  same accepted when {rate:.1%} of strangers are: {(same < limit).mean():.2%}")
    print(f"  99.9 % of the distances are below {np.quantile(different, 0.999):.3f}")


def main() -> None:
    from plugins.face.detector import Detector, main_face
    from plugins.face.dlib_resnet import bundled_file
    from plugins.face.encoders import Encoder, make
    from plugins.face.models import BY_NAME, OFFLINE

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--model", default=OFFLINE, choices=sorted(BY_NAME))
    parser.add_argument("--weights", type=Path, default=bundled_file())
    args = parser.parse_args()

    model = BY_NAME[args.model]
    encoder, detector = make(model, args.weights, "/CPU:0"), Detector()
    crops, people, without = [], [], 0
    for path in sorted(args.pictures.rglob("*.jpg")):
        image = np.asarray(Image.open(path).convert("RGB"))
        faces = detector.detect(image)
        if not faces:
            without += 1
            continue
        crops.append(encoder.align(image, faces[main_face(faces, image.shape)]))
        people.append(path.parent.name)
    print(f"{len(crops)} faces, none found in {without} pictures")
    batch, names = np.stack(crops), np.array(people)
    report(f"{model.name}", encoder.encode(batch), names, model.threshold)
    if type(encoder) is not Encoder:
        report(f"{model.name}, plain", Encoder.encode(encoder, batch), names, model.threshold)


if __name__ == "__main__":
    main()
