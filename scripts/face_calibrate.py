"""Measures a recognition model on pairs of pictures and writes assets/face/models/NAME.json.

    python scripts/face_calibrate.py PICTURES [--model offline] [--weights DIR]

PICTURES is a folder with one sub-folder of pictures for each person. All pairs of pictures of one
person count as "same", all pairs of different people as "different"; both kinds weigh equally.
The file holds the figures and the FAR and FRR curves. Its threshold and slope are those of the
logistic regression from distance to "same"; plugins/face/models.py has them, rounded. Used: the
people of LFW (Labeled Faces in the Wild, deep-funneled, vis-www.cs.umass.edu/lfw, for research
use) whom View-2 does not name, so that View-2 stays an independent test.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from platformdirs import user_cache_path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from host import UserError
from host.settings import Settings
from plugins.face import metrics
from plugins.face.calibration import FOLDER
from plugins.face.evaluation.encode_files import encode_files
from plugins.face.evaluation.encodings import Encodings
from plugins.face.evaluation.folders import find_pictures
from plugins.face.evaluation.loading import find_model, make_encode
from plugins.face.evaluation.output import summary
from plugins.face.evaluation.protocols import evaluate_all_pairs, pair_distances
from plugins.face.evaluation.report import Report
from plugins.face.models import BY_NAME, OFFLINE

DATA = (
    "the people of Labeled Faces in the Wild (deep-funneled, vis-www.cs.umass.edu/lfw) whom its "
    "View-2 test does not name; for research use, and no picture of it is part of this project"
)
POINTS = 120
DIGITS = 5


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


def rounded(value: Any) -> Any:
    """``value`` with every float at ``DIGITS`` significant digits."""
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, np.ndarray):
        return [rounded(number) for number in value.tolist()]
    return value


def calibrate(encodings: Encodings, report: Report, data: str) -> dict[str, Any]:
    """The content of the JSON file."""
    near, far = pair_distances(encodings)
    slope, midpoint = fit_logistic(near[np.isfinite(near)], far[np.isfinite(far)])
    top = float(np.nanmax(far))
    shown = BY_NAME[report.model].threshold
    # The model's own threshold is among them: there the stored rates are the measured ones.
    curves = metrics.curves(near, far, np.union1d(np.linspace(0, top, POINTS), [shown]))
    at_shown = metrics.curves(near, far, np.array([shown]))
    names = ("accuracy", "standard_error", "auc", "eer", "tar_at_far_1e-2", "tar_at_far_1e-3")
    figures = report.figures()
    return {
        "model": report.model,
        "data": data,
        **{name: figures[name] for name in ("pairs", "same", "different", "failures")},
        **{name: rounded(figures[name]) for name in names},
        "best_threshold": rounded(report.threshold),
        "threshold": rounded(midpoint),
        "slope": rounded(slope),
        "at_model_threshold": {
            "threshold": shown,
            "accuracy": rounded(metrics.accuracy(near, far, shown)),
            "far": rounded(float(at_shown.far[0])),
            "frr": rounded(float(at_shown.frr[0])),
        },
        "furthest": rounded(float(np.nanquantile(far, 0.999))),
        "curves": {
            "thresholds": rounded(curves.thresholds),
            "far": rounded(curves.far),
            "frr": rounded(curves.frr),
        },
    }


def written(content: dict[str, Any]) -> str:
    """JSON with a line for each key, and for each curve."""
    curves = ",\n".join(f'  "{name}": {json.dumps(row)}' for name, row in content["curves"].items())
    rest = {name: value for name, value in content.items() if name != "curves"}
    lines = [f'  "{name}": {json.dumps(value, ensure_ascii=False)}' for name, value in rest.items()]
    curves = curves.replace("\n", "\n  ")
    return "{\n" + ",\n".join([*lines, '  "curves": {\n  ' + curves + "\n  }"]) + "\n}\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--model", default=OFFLINE, choices=list(BY_NAME))
    parser.add_argument("--weights", type=Path, help="folder of weight files")
    parser.add_argument("--data", default=DATA, help="what PICTURES are, and their terms")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the JSON file")
    parser.add_argument("--cache", type=Path, default=user_cache_path("triptych"))
    args = parser.parse_args()
    weights = {"weights": args.weights} if args.weights else {}
    settings = Settings(cache=args.cache, **weights)
    try:
        files = find_pictures(args.pictures)
        model, weights = find_model(args.model, settings)
        encode = make_encode(model, weights)
        encodings = encode_files(files, encode, model.name, args.cache)
        report = evaluate_all_pairs(encodings, model.name)
    except UserError as error:
        sys.exit(f"error: {error}")
    content = calibrate(encodings, report, args.data)
    args.out.mkdir(parents=True, exist_ok=True)
    path = args.out / f"{model.name}.json"
    path.write_text(written(content), "utf-8")
    print(summary(report))
    at = content["at_model_threshold"]
    print(f"logistic: threshold {content['threshold']}, slope {content['slope']}")
    print(
        f"at the model's threshold {at['threshold']}: {at['accuracy']:.2%} right, strangers "
        f"accepted {at['far']:.3%}, same rejected {at['frr']:.2%}"
    )
    print(f"99.9% of the distances are below {content['furthest']}")
    print(f"written: {path}")


if __name__ == "__main__":
    main()
