"""Judge pictures painted with the embedded network, with random filters and with its teacher.

    python scripts/style_judge.py [--data ../shared/data] [--size 192] [--steps 100]

Three photographs of BSDS500's validation part and three paintings, none of which the network was
trained on. Two judges say how far a result is from the painting (lower is better): the sliced
Wasserstein distance of 7x7 patches at three scales, which knows no network, and the style loss in
the features of SqueezeNet, which is the teacher's own and so favours it. Two more figures say how
much of the painting's contrast between neighbouring pixels is there (its strokes; 1 is all of it)
and how well the photo's light and dark places can still be seen (correlation at 32 pixels, higher
is better). Prints a Markdown table.

The paintings are style images of the repository pytorch/examples (BSD 3-clause licence).
BSDS500's photographs are for non-commercial research and education only. Neither is part of this
project.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from PIL import Image
from style_train_embedded import SqueezeNet, load_pictures

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from plugins.style import networks
from plugins.style.objective import Objective
from plugins.style.pictures import fitted
from plugins.style.transfer import Weights, transfer

PAINTINGS = ("candy", "rain-princess", "udnie")
PHOTOS = (5, 40, 75)  # of the validation part, by file name
LAYERS = {"conv1": 64, "fire3": 128, "fire5": 256, "fire7": 384}


class TeacherModel:
    """SqueezeNet with the part of a Keras model's interface that an Objective uses."""

    def __init__(self, net: SqueezeNet) -> None:
        self.net = net
        self.outputs = [tf.TensorSpec((None, None, None, c)) for c in LAYERS.values()]

    def __call__(self, rgb: tf.Tensor, training: bool = False) -> list[tf.Tensor]:
        return self.net(rgb)[1:]


def teacher(path: Path) -> networks.Network:
    return networks.Network(
        name="squeezenet",
        model=TeacherModel(SqueezeNet(path)),
        layers=tuple(LAYERS),
        style_weights=dict.fromkeys(LAYERS, 0.25),
        content_weights={"fire5": 1.0},
    )


def patch_distance(picture: np.ndarray, painting: np.ndarray) -> float:
    """Sliced Wasserstein-1 distance of the 7x7 RGB patches at three scales, over their spread."""
    rng, total = np.random.default_rng(0), 0.0
    at = np.linspace(0.0025, 0.9975, 200)
    for shrink in (1, 2, 4):
        ways = rng.normal(0, 1, (7 * 7 * 3, 256))
        quantiles = []
        for image in (picture, painting):
            small = fitted(image, max(image.shape[:2]) // shrink).astype(np.float64)
            windows = np.lib.stride_tricks.sliding_window_view(small, (7, 7), (0, 1))
            quantiles.append(np.quantile(windows.reshape(-1, 147) @ ways, at, axis=0))
        ours, theirs = quantiles
        total += np.abs(ours - theirs).mean() / np.abs(theirs - theirs.mean(0)).mean()
    return total / 3


def contrast(picture: np.ndarray) -> float:
    grey = picture.astype(float).mean(-1)
    return float(np.abs(np.diff(grey, axis=0)).mean() + np.abs(np.diff(grey, axis=1)).mean())


def likeness(picture: np.ndarray, photo: np.ndarray) -> float:
    grey = [fitted(image, 32).astype(float).mean(-1).ravel() for image in (picture, photo)]
    return float(np.corrcoef(*grey)[0, 1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--size", type=int, default=192)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--sheet", type=Path, help="also save the pictures, one row a pair")
    args = parser.parse_args()
    keras.utils.set_random_seed(0)
    judge = Objective(teacher(args.data / "squeezenet_v1.1_imagenet_notop.h5"))
    painters = {
        "embedded": Objective(networks.embedded()),
        "random filters": Objective(networks.embedded(None)),
        "SqueezeNet (teacher)": judge,
    }
    photos = load_pictures(args.data / "bsds500.tar")["val"]
    scores: dict[str, list[tuple[float, ...]]] = {name: [] for name in painters}
    scores["the photo itself"] = []
    rows = []
    for number in PHOTOS:
        photo = fitted(photos[number], args.size)
        for name in PAINTINGS:
            with Image.open(args.data / "style" / f"{name}.jpg") as image:
                painting = fitted(np.asarray(image.convert("RGB")), args.size)
            results = {"the photo itself": photo}
            for painter, objective in painters.items():
                *_, last = transfer(objective, photo, painting, args.size, args.steps, Weights(), 0)
                assert last.image is not None
                results[painter] = last.image
            target = judge.target(photo, painting)
            for painter, picture in results.items():
                by_teacher, _ = judge(picture.astype(np.float32), target, (0.0, 1.0, 0.0))
                strokes = contrast(picture) / contrast(painting)
                patches = patch_distance(picture, painting)
                scores[painter].append(
                    (patches, by_teacher.style, strokes, likeness(picture, photo))
                )
            square = [
                fitted_square(picture, args.size) for picture in (*results.values(), painting)
            ]
            rows.append(np.concatenate(square, 1))
    print(
        "| painted with | patches (lower) | SqueezeNet's style loss (lower) | strokes | likeness |"
    )
    print("|---|---|---|---|---|")
    for painter, values in scores.items():
        print(f"| {painter} | " + " | ".join(f"{x:.3f}" for x in np.mean(values, 0)) + " |")
    if args.sheet:
        Image.fromarray(np.concatenate(rows)).save(args.sheet)


def fitted_square(picture: np.ndarray, side: int) -> np.ndarray:
    canvas = np.full((side, side, 3), 255, np.uint8)
    picture = fitted(picture, side)
    canvas[: picture.shape[0], : picture.shape[1]] = picture
    return canvas


if __name__ == "__main__":
    main()
