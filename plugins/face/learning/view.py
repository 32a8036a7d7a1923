"""What Learn shows of a run: the status line, curves, maps and tables."""

from __future__ import annotations

import pandas as pd

from plugins.face.learning.head import Head
from plugins.face.learning.results import (
    CompareStep,
    Comparison,
    Snapshot,
    TripletStep,
    Verification,
)
from plugins.face.tables import table_html

COLOURED = 12
"""So many people have a colour each; of more, only the held-out ones."""
TRAINED = "trained on"
POSITIVE, NEGATIVE = "same person, d(a, p)", "another person, d(a, n)"
LOSS, ACTIVE = "loss", "share of active triplets"

COLOURS = {
    LOSS: "#1d4ed8",
    ACTIVE: "#ea580c",
    POSITIVE: "#15803d",
    NEGATIVE: "#b91c1c",
}

Frame = pd.DataFrame | None
Shown = tuple[str, Frame, Frame, Frame, Frame, str | None, Head | None]


def progress(now: TripletStep) -> str:
    """The status line of a run under way."""
    if now.step == 0:
        return f"Step 0 of {now.steps:,}: nothing is learned yet."
    left = now.seconds / now.step * (now.steps - now.step)
    return (
        f"**Step {now.step:,} of {now.steps:,}** · loss {now.loss:.3f} · {now.active:.0%} of the "
        f"triplets active · about {left:.0f} s left"
    )


def ending(last: TripletStep, latest: Snapshot | None) -> str:
    """The status line of a run that is over. Says whom it was tested on."""
    line = (
        f"**Done**: {last.step:,} steps in {last.seconds:.0f} s."
        if last.step == last.steps
        else f"**Stopped** at step {last.step:,} of {last.steps:,}. "
        "The last map and its head are kept."
    )
    if latest is None:
        return line
    new = sorted({latest.names[n] for n in latest.labels[latest.held_out]})
    return f"{line} Never trained on: {_listed(new)}."


def comparing(now: CompareStep) -> str:
    """Markdown: where the comparison is, or what came out."""
    if now.comparison is not None:
        return comparison_text(now.comparison)
    return f"Training the {now.training}: step {now.step:,} of {now.steps:,}, loss {now.loss:.3f}"


def comparison_text(found: Comparison) -> str:
    """Markdown: the figures of a comparison side by side."""

    def share(value: float | None) -> str:
        return "too few pictures" if value is None else f"{value:.1%}"

    rows = [
        ("", "classifier (softmax)", "encoder (triplets)"),
        ("---",) * 3,
        (
            f"Right on new pictures of its {len(found.trained)} people",
            f"{share(found.classifier_known)} (mean top probability "
            f"{share(found.known_confidence)})",
            f"{share(found.encoder_known)} (each of {found.ways} known from one picture)",
        ),
        (
            "A new person comes",
            f"names one of its own, with a mean top probability of {share(found.confidence)}",
            f"calls {share(found.refused)} of the pictures unknown",
        ),
        (
            "After **one** picture of each new person",
            "cannot: it needs a new output and retraining",
            f"finds {share(found.one_shot)} of the others among {found.ways} people "
            f"({share(found.one_shot_accepted)} also within its threshold)",
        ),
    ]
    new = [
        ("new person", "classifier says most", "how sure", "encoder: unknown", "one-shot"),
        ("---",) * 5,
        *(
            (
                plain(person.name),
                f"{plain(person.called)} ({share(person.called_share)})",
                share(person.confidence),
                share(person.refused),
                share(person.one_shot),
            )
            for person in found.people[:20]
        ),
    ]
    return "\n\n".join("\n".join(f"| {' | '.join(row)} |" for row in part) for part in (rows, new))


def figures(rows: list[tuple[str, Verification]]) -> str:
    """The table of figures as HTML, a row for each moment."""
    return table_html(
        "Verification of people never trained on",
        [
            "encoding",
            "AUC",
            "EER",
            "right, best",
            "right, theirs",
            "threshold",
            "TAR at FAR 1 %",
            "same / different",
        ],
        [
            (
                name,
                f"{v.auc:.4f}",
                f"{v.eer:.1%}",
                f"{v.accuracy:.1%}",
                f"{v.accuracy_transferred:.1%}",
                f"{v.threshold:.3f}",
                "too few pairs" if v.tar_at_far_1e_2 is None else f"{v.tar_at_far_1e_2:.1%}",
                f"{v.same:,} / {v.different:,}",
            )
            for name, v in rows
        ],
    )


def map_frame(snapshot: Snapshot) -> pd.DataFrame:
    """A snapshot for a scatter plot: x, y, who, held out, colour."""
    names = [snapshot.names[label] for label in snapshot.labels]
    few = len(set(names)) <= COLOURED
    new = sorted({n for n, out in zip(names, snapshot.held_out, strict=True) if out})
    coloured = set(names) if few else set(new[: COLOURED - 2])
    rows = []
    for (x, y), name, out in zip(snapshot.points.tolist(), names, snapshot.held_out, strict=True):
        if out:
            colour = f"{name} (new)" if name in coloured else "others (new)"
        else:
            colour = name if few else TRAINED
        rows.append((x, y, name, "yes" if out else "no", colour))
    return pd.DataFrame(rows, columns=["x", "y", "who", "held out", "colour"])


def show(
    line: str,
    points: list[TripletStep],
    raw: Snapshot | None,
    first: Snapshot | None,
    latest: Snapshot | None,
) -> Shown:
    # A plot that has once shown an empty frame draws no lines later: None until there are points.
    losses = distances = None
    if points:
        losses = pd.DataFrame(
            [row for p in points for row in ((p.step, p.loss, LOSS), (p.step, p.active, ACTIVE))],
            columns=["step", "value", "of"],
        )
        distances = pd.DataFrame(
            [
                row
                for p in points
                for row in ((p.step, p.positive, POSITIVE), (p.step, p.negative, NEGATIVE))
            ],
            columns=["step", "distance", "to"],
        )
    moments = [("inputs as they are", raw), ("network before training", first)]
    if latest is not first:
        moments.append(("learned", latest))
    return (
        line,
        losses,
        distances,
        map_frame(raw) if raw else None,
        map_frame(latest) if latest else None,
        figures([(name, moment.verification) for name, moment in moments if moment]),
        latest.head if latest else None,
    )


def _listed(names: list[str]) -> str:
    shown = ", ".join(plain(name) for name in names[:10])
    return f"{shown} and {len(names) - 10} more" if len(names) > 10 else shown


def plain(name: str) -> str:
    """A visitor's name as plain text within Markdown."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>()#+-.!|~$" else c for c in name)
