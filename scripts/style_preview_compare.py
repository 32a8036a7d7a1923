"""What the style plugin's quick preview is worth, as a picture and as the transfer's start.

    python scripts/style_preview_compare.py [--data data] [--searched 1] [--sheet FILE]

Four photographs of BSDS500's validation part and four paintings, at 256 and 384 pixels. For each
start (the photo, the photo in the painting's colours, the same with the painting's contrast in
each band of frequencies, and the preview): how long it takes, the loss that the transfer minimises
with its default weights and, for the first ``--searched`` photos, how many evaluations the
transfer's search at that size needs from there for the losses that 10, 20 and 60 evaluations reach
from the photo. Prints Markdown tables.

The preview's network was trained on none of the photographs, on no picture of udnie and
rain-princess (repository pytorch/examples, BSD 3-clause licence), and on other pictures drawn by
the program that drew starry and glass.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf
from PIL import Image
from style_train_embedded import load_pictures

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from plugins.style.networks import embedded
from plugins.style.objective import Objective, Target
from plugins.style.pictures import as_uint8, fitted, long_side, resized
from plugins.style.preview import Preview, matched
from plugins.style.preview.colours import colour_statistics, transported
from plugins.style.search import PictureSearch
from plugins.style.transfer import CONTENT, SMOOTHNESS, STYLE

PHOTOS = (5, 30, 55, 80)  # of the validation part, by file name
HELD_OUT = ("udnie", "rain-princess")  # never seen in training
SAME_PROGRAM = ("starry", "glass")  # it drew others for the training
SIZES = (256, 384)
BANDS = 4
EVALUATIONS = (10, 20, 60)
WEIGHTS = (CONTENT, STYLE, SMOOTHNESS)

Start = Callable[[np.ndarray, np.ndarray], np.ndarray]


def bands(picture: np.ndarray, count: int) -> list[np.ndarray]:
    """Laplacian pyramid without shrinking the bands: details fine to coarse, then the rest."""
    height, width = picture.shape[:2]
    parts, rest = [], picture.astype(np.float32)
    for level in range(1, count + 1):
        small = resized(rest, max(1, height >> level), max(1, width >> level))
        blurred = resized(small, height, width)
        parts.append(rest - blurred)
        rest = blurred
    return [*parts, rest]


def band_matched(photo: np.ndarray, painting: np.ndarray) -> np.ndarray:
    """``photo`` with the painting's mean and covariance of colours in each band of frequencies."""
    pairs = zip(bands(photo, BANDS), bands(painting, BANDS), strict=True)
    total = sum(transported(ours, *colour_statistics(theirs)) for ours, theirs in pairs)
    return matched(as_uint8(np.asarray(total)), [painting], [1.0])


def descent(
    objective: Objective, start: np.ndarray, target: Target, count: int, enough: float = -np.inf
) -> np.ndarray:
    """The least loss met after each of ``count`` evaluations; no more behind ``enough``."""
    search = PictureSearch(start.astype(np.float32))
    totals: list[float] = []
    while len(totals) < count and (not totals or min(totals) > enough):
        losses, gradient = objective(search.trial, target, WEIGHTS)
        search.tell(losses.total, gradient)
        totals.append(losses.total)
    return np.minimum.accumulate(totals)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument(
        "--searched", type=int, default=1, help="photos for which evaluations are counted"
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--sheet", type=Path, help="also save the pictures, one row a pair (PNG)")
    args = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(args.threads)

    photos = load_pictures(args.data / "bsds500.tar")["val"]
    assets = Path(__file__).resolve().parents[1] / "assets" / "style"
    paths = {name: args.data / "style" / f"{name}.jpg" for name in HELD_OUT}
    paths |= {name: assets / f"{name}.jpg" for name in SAME_PROGRAM}
    paintings = {name: np.asarray(Image.open(p).convert("RGB")) for name, p in paths.items()}
    objective, preview = Objective(embedded()), Preview()
    starts: dict[str, Start] = {
        "photo": lambda photo, painting: photo,
        "colours": lambda photo, painting: matched(photo, [painting], [1.0]),
        "bands": band_matched,
        "preview": lambda photo, painting: preview(photo, [painting], [1.0]),
    }
    parts = ("seconds", "loss", "content", "style", "smoothness")
    parts += tuple(f"as {count} from the photo" for count in EVALUATIONS)
    rows: dict[tuple[int, str, str], list[tuple[float, ...]]] = {}
    sheet = []
    for size in SIZES:
        for start in starts.values():  # the first call of a size compiles
            start(fitted(photos[0], size), paintings["udnie"])
        for place, number in enumerate(PHOTOS):
            photo = fitted(photos[number], size)
            for name, original in paintings.items():
                painting = fitted(original, min(size, long_side(original)))
                target = objective.target(photo, painting)
                goals, pictures = [-np.inf], []
                for which, start in starts.items():
                    began = time.perf_counter()
                    picture = start(photo, painting)
                    seconds = time.perf_counter() - began
                    pictures.append(picture)
                    losses, _ = objective(picture.astype(np.float32), target, WEIGHTS)
                    counts = [np.nan] * len(EVALUATIONS)
                    if place < args.searched:
                        reached = descent(objective, picture, target, EVALUATIONS[-1], goals[-1])
                        if which == "photo":
                            goals = [float(reached[count - 1]) for count in EVALUATIONS]
                        # a goal never reached counts as reached at the end
                        counts = [min((reached > goal).sum() + 1, len(reached)) for goal in goals]
                    measured = (losses.total, losses.content, losses.style, losses.smoothness)
                    rows.setdefault((size, name, which), []).append((seconds, *measured, *counts))
                if args.sheet and size == SIZES[-1]:
                    small = fitted(painting, size)
                    canvas = np.full((max(photo.shape[0], small.shape[0]), size * 5, 3), 255)
                    for i, picture in enumerate([*pictures, small]):
                        canvas[: picture.shape[0], i * size : i * size + picture.shape[1]] = picture
                    sheet.append(canvas.astype(np.uint8))

    for size in SIZES:
        for group in (HELD_OUT, SAME_PROGRAM):
            print(f"\n{size} pixels, {', '.join(group)}, means of {len(group) * len(PHOTOS)}:\n")
            print(f"| start | {' | '.join(parts)} |")
            print("|---" * (len(parts) + 1) + "|")
            for which in starts:
                mean = np.nanmean([row for name in group for row in rows[size, name, which]], 0)
                print(
                    f"| {which} | {mean[0]:.2f} | "
                    + " | ".join(f"{x:.3f}" for x in mean[1:5])
                    + " | "
                    + " | ".join(f"{x:.0f}" for x in mean[5:])
                    + " |"
                )
    for i, row in enumerate(sheet):
        assert args.sheet is not None
        Image.fromarray(row).save(args.sheet.with_stem(f"{args.sheet.stem}-{i:02}"))


if __name__ == "__main__":
    main()
