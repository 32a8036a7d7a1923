"""Judge pictures painted with the embedded network, with random filters and with its teacher.

    pip install onnx onnxruntime
    pip download nudenet==3.4.2 --no-deps && unzip -j nudenet-*.whl nudenet/320n.onnx
    python scripts/style_judge.py --judge 320n.onnx [--data ../shared/data] [--out judged]

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
import os
import sys
import tarfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from PIL import Image, ImageDraw

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from plugins.style import networks
from plugins.style.objective import Objective
from plugins.style.pictures import fitted
from plugins.style.preparation import prepared
from plugins.style.preview import matched
from plugins.style.settings import Settings
from plugins.style.transfer import transfer

PHOTOS = ("42049", "227092", "69015", "291000", "189080", "182053")
PAINTINGS = ("candy", "mosaic", "rain-princess", "udnie", "starry")
CURVES = ("candy", "rain-princess", "starry")  # painted at every content weight
PAINTERS = ("embedded", "random", "teacher")
CONTENT_WEIGHTS = (1.0, 0.5, 2.0)  # 1 first: it is the sheet's and the main table's
STAGES = ("model.0/act", "model.2/cv2/act", "model.4/cv2/act", "model.6/cv2/act")  # strides 2..16

FIGURES = ("style SWD", "style Gram", "content", "patches", "strokes", "likeness")
BETTER = ("lower", "lower", "higher", "lower", "1 is best", "higher")
LEVELS = np.linspace(0.0025, 0.9975, 200)
BOOTSTRAPS = 4000

Key = tuple[str, str, str, float]  # painter, photo, painting, content weight


# --- the painters ---------------------------------------------------------------------------


def make_painters(data: Path) -> dict[str, Objective]:
    keras.utils.set_random_seed(0)  # of the random filters
    teacher = networks.squeezenet(data / "squeezenet_v1.1_imagenet_notop.h5")
    found = (networks.embedded(), networks.embedded(None), teacher)
    return {name: Objective(network) for name, network in zip(PAINTERS, found, strict=True)}


def paint(
    objective: Objective, photo: np.ndarray, painting: np.ndarray, steps: int, content_weight: float
) -> np.ndarray:
    """The plugin's transfer, from the photo itself: the quick sketch is the embedded network's."""
    settings = Settings(
        size=max(photo.shape[:2]), steps=steps, content_weight=content_weight, start="photo"
    ).checked()
    *_, last = transfer(objective, prepared(photo, [painting], [None], settings, matched), settings)
    assert last.image is not None
    return last.image


# --- the judge ------------------------------------------------------------------------------


class Judge:
    """Feature maps of a network in an ONNX file and what they say of two pictures."""

    def __init__(self, path: Path) -> None:
        import onnx
        import onnxruntime

        model = onnx.load(path)
        nodes = [name for node in model.graph.node for name in node.output[:1]]
        outputs = [f"/{stage}/Mul_output_0" for stage in STAGES]
        if missing := [name for name in outputs if name not in nodes]:
            raise SystemExit(f"{path} is not the judge: it lacks {', '.join(missing)}.")
        del model.graph.node[nodes.index(outputs[-1]) + 1 :]  # they are in order
        del model.graph.output[:]
        model.graph.output.extend(
            onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None)
            for name in outputs
        )
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3  # it tells each weight that was cut off
        self._session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        self._input = model.graph.input[0].name

    def features(self, picture: np.ndarray) -> list[np.ndarray]:
        """(H, W, 3) RGB uint8 -> a float (rows, columns, channels) for each stage."""
        batch = np.moveaxis(picture, -1, 0)[None].astype(np.float32) / 255
        maps = self._session.run(None, {self._input: batch})
        return [np.moveaxis(each[0], 0, -1).astype(np.float64) for each in maps]

    def style(self, picture: np.ndarray, painting: np.ndarray) -> tuple[float, float]:
        """Sliced Wasserstein and Gram distance, means over the stages; 0 is the painting."""
        sliced, gram = [], []
        for ours, theirs in zip(self.features(picture), self.features(painting), strict=True):
            a, b = (each.reshape(-1, each.shape[-1]) for each in (ours, theirs))
            spread = np.maximum(b.std(0), 0.1 * b.std(0).mean())  # some channels hardly fire
            sliced.append(sliced_wasserstein(a / spread, b / spread, 128))
            mine, its = (each.T @ each / len(each) for each in (a, b))
            gram.append(np.linalg.norm(mine - its) / np.linalg.norm(its))
        return float(np.mean(sliced)), float(np.mean(gram))

    def content(self, picture: np.ndarray, photo: np.ndarray) -> float:
        """Correlation at the deepest stage, each channel less its mean over the picture."""
        ours, theirs = (self.features(each)[-1] for each in (picture, photo))
        ours, theirs = (each - each.mean((0, 1)) for each in (ours, theirs))
        return float((ours * theirs).sum() / np.linalg.norm(ours) / np.linalg.norm(theirs))


def sliced_wasserstein(ours: np.ndarray, theirs: np.ndarray, ways: int) -> float:
    """Wasserstein-1 distance of the rows, mean over random projections, over ``theirs``' spread.

    Bonneel, Rabin, Peyre, Pfister 2015, section 2. Rows (n, d) and (m, d).
    """
    directions = np.random.default_rng(0).normal(0, 1, (ours.shape[1], ways))
    a, b = (np.quantile(each @ directions, LEVELS, axis=0) for each in (ours, theirs))
    return float(np.abs(a - b).mean() / np.abs(b - b.mean(0)).mean())


def patch_distance(picture: np.ndarray, painting: np.ndarray) -> float:
    """Sliced Wasserstein distance of the 7x7 RGB patches at three scales; 0 is the painting."""
    total = 0.0
    for shrink, stride in ((1, 3), (2, 2), (4, 1)):
        patches = []
        for image in (picture, painting):
            small = fitted(image, max(image.shape[:2]) // shrink).astype(np.float64)
            windows = np.lib.stride_tricks.sliding_window_view(small, (7, 7), (0, 1))
            patches.append(windows[::stride, ::stride].reshape(-1, 147))
        total += sliced_wasserstein(*patches, 128)
    return total / 3


def contrast(picture: np.ndarray) -> float:
    grey = picture.astype(float).mean(-1)
    return float(np.abs(np.diff(grey, axis=0)).mean() + np.abs(np.diff(grey, axis=1)).mean())


def likeness(picture: np.ndarray, photo: np.ndarray) -> float:
    grey = [fitted(image, 32).astype(float).mean(-1).ravel() for image in (picture, photo)]
    return float(np.corrcoef(*grey)[0, 1])


def figures(
    judge: Judge, picture: np.ndarray, photo: np.ndarray, painting: np.ndarray
) -> tuple[float, ...]:
    """The numbers of FIGURES, in order."""
    return (
        *judge.style(picture, painting),
        judge.content(picture, photo),
        patch_distance(picture, painting),
        contrast(picture) / contrast(painting),
        likeness(picture, photo),
    )


def halves(judge: Judge, painting: np.ndarray) -> tuple[float, float, float]:
    """What two parts of one painting are apart: the style distances and that of the patches."""
    middle = painting.shape[1] // 2
    left, right = (
        np.ascontiguousarray(part) for part in (painting[:, :middle], painting[:, -middle:])
    )
    return (*judge.style(left, right), patch_distance(left, right))


# --- the report -----------------------------------------------------------------------------


def grid(
    scores: dict[Key, tuple[float, ...]],
    painter: str,
    weight: float,
    paintings: tuple[str, ...] = PAINTINGS,
) -> np.ndarray:
    """(photos, paintings, figures)."""
    return np.array(
        [[scores[painter, photo, name, weight] for name in paintings] for photo in PHOTOS]
    )


def draws(columns: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Photos and paintings (so many) drawn with replacement."""
    rng, rows = np.random.default_rng(0), len(PHOTOS)
    return [
        (rng.integers(rows, size=rows), rng.integers(columns, size=columns))
        for _ in range(BOOTSTRAPS)
    ]


def interval(values: np.ndarray) -> str:
    low, high = np.nanpercentile(values, (2.5, 97.5))
    return f"{low:+.3f} .. {high:+.3f}"


def paired(one: np.ndarray, other: np.ndarray) -> list[str]:
    """For each figure "difference (interval)", both (photos, paintings, figures)."""
    apart = one - other
    again = np.array(
        [apart[rows][:, columns].mean((0, 1)) for rows, columns in draws(apart.shape[1])]
    )
    return [f"{mean:+.3f} ({interval(again[:, i])})" for i, mean in enumerate(apart.mean((0, 1)))]


def at_equal_content(one: np.ndarray, other: np.ndarray) -> str:
    """Mean difference of the style SWD over the content that both painters' curves reach.

    Both (weights, photos, paintings, figures).
    """

    def between(rows: np.ndarray, columns: np.ndarray) -> float:
        curves = [each[:, rows][:, :, columns].mean((1, 2))[:, [2, 0]] for each in (one, other)]
        curves = [curve[curve[:, 0].argsort()] for curve in curves]
        low, high = max(c[0, 0] for c in curves), min(c[-1, 0] for c in curves)
        if low >= high:
            return np.nan
        at = np.linspace(low, high, 20)
        a, b = (np.interp(at, curve[:, 0], curve[:, 1]) for curve in curves)
        return float((a - b).mean())

    everything = between(np.arange(len(PHOTOS)), np.arange(one.shape[2]))
    if np.isnan(everything):
        return "the curves have no content in common"
    again = np.array([between(*draw) for draw in draws(one.shape[2])])
    missing = f", {np.isnan(again).mean():.0%} of the draws without overlap"
    return f"{everything:+.3f} ({interval(again)}{missing if np.isnan(again).any() else ''})"


def report(
    scores: dict[Key, tuple[float, ...]], floor: np.ndarray, weights: list[float], head: str
) -> str:
    """The tables in Markdown, for those content weights that are done."""
    names = " | ".join(f"{name} ({way})" for name, way in zip(FIGURES, BETTER, strict=True))
    rule = "|---" * (len(FIGURES) + 1) + "|"

    def row(name: str, values: np.ndarray) -> str:
        return f"| {name} | " + " | ".join(f"{x:.3f}" for x in values) + " |"

    lines = [head, "", f"| painted with | {names} |", rule]
    at_one = {painter: grid(scores, painter, 1.0) for painter in PAINTERS}
    lines += [row(painter, at_one[painter].mean((0, 1))) for painter in PAINTERS]
    lines.append(row("*the photo itself* (ceiling)", grid(scores, "photo", 1.0).mean((0, 1))))
    swd, gram, patches = floor.mean(0)
    lines.append(
        f"| *half a painting to the other* (floor) | {swd:.3f} | {gram:.3f} | | {patches:.3f} | | |"
    )
    lines += ["", f"| difference, 95 % interval | {' | '.join(FIGURES)} |", rule]
    for other in PAINTERS[1:]:
        cells = " | ".join(paired(at_one["embedded"], at_one[other]))
        lines.append(f"| embedded - {other} | {cells} |")
    lines += ["", "| style SWD of each painting | " + " | ".join(PAINTINGS) + " |"]
    lines.append("|---" * (len(PAINTINGS) + 1) + "|")
    for painter in (*PAINTERS, "photo"):
        lines.append(row(painter, grid(scores, painter, 1.0)[..., 0].mean(0)))
    lines.append(row("floor", floor[:, 0]))
    for other in PAINTERS[1:]:
        wins = (at_one["embedded"] < at_one[other]).sum((0, 1))
        lines.append("")
        lines.append(
            f"Of {len(PHOTOS) * len(PAINTINGS)} pairs embedded is nearer to the painting than "
            f"{other} in {wins[0]} by SWD, in {wins[1]} by Gram."
        )
    lines += ["", f"On {', '.join(CURVES)} only:"]
    lines += ["", "| content weight | painted with | content | style SWD | style Gram |"]
    lines.append("|---" * 5 + "|")
    for weight in sorted(weights):
        for painter in PAINTERS:
            style, by_gram, content = grid(scores, painter, weight, CURVES).mean((0, 1))[:3]
            lines.append(
                f"| {weight:g} | {painter} | {content:.3f} | {style:.3f} | {by_gram:.3f} |"
            )
    curves = {p: np.array([grid(scores, p, w, CURVES) for w in weights]) for p in PAINTERS}
    for other in PAINTERS[1:] if len(weights) > 1 else ():
        lines.append("")
        lines.append(
            f"Style SWD at equal content, embedded - {other}: "
            + at_equal_content(curves["embedded"], curves[other])
        )
    return "\n".join(lines) + "\n"


def sheet(
    pictures: dict[Key, np.ndarray],
    photos: dict[str, np.ndarray],
    paintings: dict[str, np.ndarray],
    cell: int = 256,
) -> Image.Image:
    """Paintings along the top; for each photo a block with a row for each painter."""
    gap, label = 4, 14
    heights = [cell + label]
    for photo in photos.values():
        heights += [fitted(photo, cell).shape[0] + label] * len(PAINTERS)
    canvas = Image.new(
        "RGB", ((1 + len(paintings)) * (cell + gap), sum(heights) + gap * len(heights)), "white"
    )
    draw = ImageDraw.Draw(canvas)

    def put(row: int, column: int, picture: np.ndarray, text: str) -> None:
        x, y = column * (cell + gap), sum(heights[:row]) + gap * row
        draw.text((x + 2, y + 1), text, fill="black")
        canvas.paste(Image.fromarray(fitted(picture, cell)), (x, y + label))

    for column, (name, painting) in enumerate(paintings.items(), 1):
        put(0, column, painting, name)
    for block, (name, photo) in enumerate(photos.items()):
        first = 1 + block * len(PAINTERS)
        put(first, 0, photo, f"photo {name}")
        for row, painter in enumerate(PAINTERS, first):
            for column, painting_name in enumerate(paintings, 1):
                picture = pictures[painter, name, painting_name, 1.0]
                put(row, column, picture, f"{painter}, {painting_name}")
    return canvas


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
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("judged"))
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--steps", type=int, default=60)
    args = parser.parse_args()
    judge = Judge(args.judge)
    photos, paintings = load(args.data, args.size)
    digest = hashlib.sha256(networks.EMBEDDED_WEIGHTS.read_bytes()).hexdigest()[:12]
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
