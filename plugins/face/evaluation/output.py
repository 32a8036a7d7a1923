"""A report as lines of text, and as files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import numpy as np

from host import UserError, images
from plugins.face.evaluation.report import Report

LISTED = 10  # failures on the screen; report.json has all
SHEET = 40  # mistakes on the contact sheet


def summary(report: Report) -> str:
    """The figures and the failures in lines of text."""
    error = "" if report.standard_error is None else f" ± {report.standard_error:.2%}"
    folds = "1 fold" if report.folds == 1 else f"{report.folds} folds"
    lines = [
        f"{report.model}, {report.protocol}: {report.same:,} same and {report.different:,} "
        f"different pairs, {report.failed_pairs:,} of them with a picture without an encoding",
        f"accuracy {report.accuracy:.2%}{error} ({folds}, both kinds weigh equally)",
        f"AUC {report.auc:.5f}   EER {report.eer:.2%}   best threshold {report.threshold:.4f}",
        *(
            f"same accepted when {rate} of strangers are: "
            + ("too few pairs to say" if tar is None else f"{tar:.2%}")
            for rate, tar in (
                ("1%", report.tar_at_far_1e_2),
                ("0.1%", report.tar_at_far_1e_3),
            )
        ),
        *_found(report),
        *report.notes,
        *_failures(report),
    ]
    return "\n".join(lines)


def _found(report: Report) -> Iterator[str]:
    found = report.faces_found
    if not report.failed_pairs or found is None:
        return
    tars = " and ".join(
        "too few pairs" if tar is None else f"{tar:.2%}"
        for tar in (found.tar_at_far_1e_2, found.tar_at_far_1e_3)
    )
    yield (
        f"of the {found.pairs:,} pairs with both faces found: {found.accuracy:.2%} right at the "
        f"best threshold, AUC {found.auc:.5f}, EER {found.eer:.2%}, same accepted {tars}"
    )


def _failures(report: Report) -> Iterator[str]:
    if not report.failures:
        return
    yield f"{report.failures} pictures without an encoding, counted as errors:"
    for key, problem in report.problems[:LISTED]:
        yield f"  {key}: {problem}"
    if report.failures > LISTED:
        yield f"  and {report.failures - LISTED} more"


def write(report: Report, out: Path, first: Mapping[str, Path], second: Mapping[str, Path]) -> None:
    from plugins.face.evaluation import plots

    def load(files: Mapping[str, Path], key: str) -> np.ndarray:
        return images.load(files[key], images.OWN_FILES)

    sheet = plots.contact_sheet(report.worst[:SHEET], partial(load, first), partial(load, second))
    pictures = {
        "roc.png": plots.roc(report),
        "distances.png": plots.distances(report),
        "worst.png": sheet,
    }
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "report.json").write_text(report.to_json() + "\n", "utf-8")
        for name, picture in pictures.items():
            (out / name).write_bytes(images.to_png(picture))
    except OSError as error:
        raise UserError(f"{out} cannot be written: {error.strerror}.") from error
