"""What style_judge.py measures: how near a picture is to its painting, and to its photo."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from plugins.style.pictures import fitted

STAGES = ("model.0/act", "model.2/cv2/act", "model.4/cv2/act", "model.6/cv2/act")  # strides 2..16
LEVELS = np.linspace(0.0025, 0.9975, 200)

FIGURES = ("style SWD", "style Gram", "content", "patches", "strokes", "likeness")
BETTER = ("lower", "lower", "higher", "lower", "1 is best", "higher")


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
