"""An evaluation in words: a table that fits a phone. No PyTorch, for the web process."""

from __future__ import annotations

from html import escape

from plugins.gan.evaluation.results import Report

NO_BREAK = "\N{NO-BREAK SPACE}"

_HEAD = (
    '<tr><th>Measure</th><th class="number">Generated</th>'
    '<th class="number">Real against real</th><th class="says">What it says</th></tr>'
)


def report_html(report: Report) -> str:
    """The figures of a report as a table: measure, generated, real against real, what it says;
    the numbers of pictures under it."""
    rows = [
        (
            "Fréchet distance ↓",
            _distance(report.frechet),
            _distance(report.frechet_floor),
            "How far the pictures as a whole are from real ones the generator never saw.",
        ),
        (
            "Kernel distance ↓",
            _distance(report.kernel),
            _distance(report.kernel_floor),
            "The same question, with an answer that does not depend on how many pictures are "
            "compared. Around 0 is as good as it gets.",
        ),
        (
            "Precision ↑",
            _share(report.precision),
            _share(report.precision_floor),
            "The share of generated pictures that could be real.",
        ),
        (
            "Recall ↑",
            _share(report.recall),
            _share(report.recall_floor),
            "The share of real pictures that the generator could have made: low when it draws "
            "the same few things.",
        ),
        (
            "Right class ↑",
            _share(report.accuracy),
            _share(report.accuracy_real),
            f"How often a classifier sees the class asked for. Worst class: "
            f"{_share(report.accuracy_worst_class)}.",
        ),
        (
            "Variety → 1",
            _ratio(report.variance_ratio),
            _ratio(None if report.variance_ratio is None else 1.0),
            ("All pictures" if report.accuracy is None else "The pictures of a class")
            + " differ this much, relative to real ones: 0 is one picture over and over.",
        ),
        (
            "Nearest training picture",
            f"{report.nearest:.2f}",
            f"{report.nearest_floor:.2f}",
            "Median distance in pixel values. Far below the real one would mean copying; blurred "
            "or plain pictures are nearer, too.",
        ),
        (
            "Possible copies ↓",
            _share(report.copies),
            _share(0.01),
            "Pictures nearer to a training picture than 99 % of the unseen real ones are.",
        ),
        (
            "Useful for teaching ↑",
            _share(report.cas),
            _share(report.cas_real),
            "How well a classifier does on real pictures after learning from generated ones only "
            "(classification accuracy score).",
        ),
    ]
    body = "".join(
        f'<tr><td>{escape(name)}</td><td class="number">{made}</td>'
        f'<td class="number">{real}</td><td class="says">{escape(says)}</td></tr>'
        for name, made, real, says in rows
        if made
    )
    return (
        f'<div class="gan-report"><table><thead>{_HEAD}</thead><tbody>{body}</tbody>'
        f"</table><p>{escape(_counts(report))}</p></div>"
    )


def _counts(report: Report) -> str:
    return (
        f"Measured on {report.generated:,} generated, {report.train:,} training and "
        f"{report.held_out:,} held-out real pictures; distances, precision and recall on "
        f"{report.compared:,} of each. ↓ less is better, ↑ more is better, → 1 near 1 is "
        "better. Real against real: training pictures in the place of the generated ones, the "
        "best that can be hoped for. Distances are in the features of a small classifier of this "
        "data, so they compare generators of this data only and are no FID as published."
    )


def _distance(value: float) -> str:
    """Three figures, fewer of what is all but 0."""
    return (f"{value:.3g}" if abs(value) >= 0.01 else f"{value:.4f}").replace("-", "−")


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}".replace("%", NO_BREAK + "%")


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
