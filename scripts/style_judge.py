"""Judge pictures painted with the embedded network, with random filters and with its teacher.

    pip install onnx onnxruntime
    pip download nudenet==3.4.2 --no-deps && unzip -j nudenet-*.whl nudenet/320n.onnx
    python scripts/style_judge.py --judge 320n.onnx [--data data] [--out judged]

The judge is a network that none of the three has seen: the backbone of YOLOv8n (Jocher et al.
2023), trained on COCO and fine-tuned, as it lies in the package nudenet 3.4.2 (AGPL 3.0; only this
script reads it, nothing of it is part of this project). Of the feature maps behind four of its
stages it says

* style: the sliced Wasserstein distance of the features to the painting's, and the distance of
  their Gram matrices, each over the painting's own spread: 0 is the painting itself;
* content: the correlation with the photo's features at the deepest stage, each channel less its
  mean: 1 is the photo itself.

What there is to reach is printed with it: one half of a painting against the other is the floor,
the photo itself the ceiling. Three figures need no network: the sliced Wasserstein distance of 7x7
patches, the contrast between neighbouring pixels as a share of the painting's (strokes) and the
correlation of brightness with the photo's at 32 pixels (likeness).

A network that keeps more of the photo takes less of the style, so three of the paintings are taken
at several content weights and the curves are compared over the content that both reach. Intervals
are 95 % by a bootstrap that draws photos and paintings anew. Writes table.md, sheet.jpg and
sheet.png; pictures that were painted already are used again.

The photographs are of BSDS500's validation part, on which nothing was trained (non-commercial
research and education only); candy, mosaic, rain-princess and udnie are style images of the
repository pytorch/examples (BSD 3-clause). Neither is part of this project.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import sys
import tarfile
import time
from pathlib import Path

import numpy as np
from PIL import Image
from style_figures import Judge, figures, halves
from style_painters import ROOT, Key, make_painters, paint, sheet
from style_report import CURVES, PAINTINGS, PHOTOS, report

from plugins.style.networks import EMBEDDED_WEIGHTS
from plugins.style.pictures import fitted

CONTENT_WEIGHTS = (1.0, 0.5, 2.0)  # 1 first: it is the sheet's and the main table's


def load(data: Path, size: int) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    photos, paintings = {}, {}
    with tarfile.open(data / "bsds500.tar") as tar:
        for name in PHOTOS:
            file = tar.extractfile(f"BSDS500/data/images/val/{name}.jpg")
            assert file is not None
            with Image.open(io.BytesIO(file.read())) as image:
                photos[name] = fitted(np.asarray(image.convert("RGB")), size)
    for name in PAINTINGS:
        own = ROOT / "assets" / "style" / f"{name}.jpg"
        with Image.open(own if own.is_file() else data / "style" / f"{name}.jpg") as image:
            paintings[name] = fitted(np.asarray(image.convert("RGB")), size)
    return photos, paintings


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--judge", type=Path, required=True, help="nudenet's 320n.onnx")
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--out", type=Path, default=Path("judged"))
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--steps", type=int, default=60)
    args = parser.parse_args()
    judge = Judge(args.judge)
    photos, paintings = load(args.data, args.size)
    digest = hashlib.sha256(EMBEDDED_WEIGHTS.read_bytes()).hexdigest()[:12]
    kept = args.out / f"pictures-{digest}-{args.size}-{args.steps}"
    kept.mkdir(parents=True, exist_ok=True)
    painters = make_painters(args.data)
    head = (
        f"{len(photos)} photos x {len(paintings)} paintings, {args.size} pixels, {args.steps} "
        f"steps, content weight 1 where no other is named; embedded.safetensors {digest}."
    )
    floor = np.array([halves(judge, painting) for painting in paintings.values()])
    scores: dict[Key, tuple[float, ...]] = {}
    pictures: dict[Key, np.ndarray] = {}
    for name, photo in photos.items():
        for painting_name, painting in paintings.items():
            key = ("photo", name, painting_name, 1.0)
            scores[key] = figures(judge, photo, photo, painting)
    began, done = time.monotonic(), []
    for weight in CONTENT_WEIGHTS:
        for name, photo in photos.items():
            for painting_name, painting in paintings.items():
                if weight != 1.0 and painting_name not in CURVES:
                    continue
                for painter, objective in painters.items():
                    file = kept / f"{painter}-{name}-{painting_name}-{weight:g}.png"
                    if not file.is_file():
                        made = paint(objective, photo, painting, args.steps, weight)
                        Image.fromarray(made).save(file)
                    picture = np.asarray(Image.open(file))
                    key = (painter, name, painting_name, weight)
                    pictures[key] = picture
                    scores[key] = figures(judge, picture, photo, painting)
            print(f"{weight:g} {name} {time.monotonic() - began:.0f} s", file=sys.stderr)
        done.append(weight)
        (args.out / "table.md").write_text(report(scores, floor, done, head), "utf-8")
        if weight == 1.0:
            canvas = sheet(pictures, photos, paintings)
            canvas.save(args.out / "sheet.jpg", quality=88)
            canvas.save(args.out / "sheet.png")
    print(report(scores, floor, done, head))


if __name__ == "__main__":
    main()
