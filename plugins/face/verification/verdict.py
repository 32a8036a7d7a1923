"""The answer in words and in a picture. No framework and no Gradio: plain text and HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from plugins.face import calibration
from plugins.face.models import SUREST, FaceModel


def certainty(model: FaceModel, distance: float, same: bool) -> str:
    """One sentence: how sure the answer ``same`` is at this distance."""
    probability = model.probability(distance)
    if probability is None:
        return (
            "How sure that is has not been calibrated for this model: the further the distance "
            "lies from the threshold, the surer."
        )
    sure = probability if same else 1 - probability
    if sure < 0.5:
        return (
            f"The threshold you set decides so; by the distance alone the odds are "
            f"{1 - sure:.0%} for the opposite."
        )
    word = (
        "Almost certain"
        if sure >= SUREST
        else "Very sure"
        if sure >= 0.95
        else "Fairly sure"
        if sure >= 0.8
        else "Leaning that way"
        if sure >= 0.6
        else "A close call"
    )
    chance = f"more than {SUREST:.0%}" if sure >= SUREST else f"about {sure:.0%}"
    return f"{word}: {chance}."


def verdict_html(
    model: FaceModel, distance: float, threshold: float, notes: Sequence[str] = ()
) -> str:
    """The verdict, how sure it is, the distance on a scale, the notes and the model's quality."""
    remarks = "".join(f"<div>{escape(note)}</div>" for note in notes)
    same = distance <= threshold
    colour = "#15803d" if same else "#b91c1c"
    return (
        '<div class="face-verdict" role="status">'
        f'<div style="font-size:2em;font-weight:700;color:{colour}">'
        f"{'Same person' if same else 'Different people'}</div>"
        f"<div>{certainty(model, distance, same)}</div>"
        f"{gauge_svg(distance, threshold, model.furthest)}"
        f"<div>{decided_by(model, threshold)}</div>"
        f"{error_rates(model, threshold)}"
        f"{remarks}<div><small>Answered by {model.title}. {model.quality}</small></div></div>"
    )


def decided_by(model: FaceModel, threshold: float) -> str:
    """Whose threshold it is, and the model's own."""
    if threshold == model.threshold:
        return f"Threshold {threshold:.3f}: the model's own."
    return f"Threshold {threshold:.3f}: set by you; the model's own is {model.threshold:.3f}."


def error_rates(model: FaceModel, threshold: float) -> str:
    """What the threshold implies, where that was measured: the two error rates and their curves.

    A model with a head on it has other distances, for which nothing was measured.
    """
    stored = calibration.load(model.name)
    if stored is None or model.slope is None:
        return ""
    far, frr = stored.curves.rates_at(threshold)
    return (
        f"<div>At this threshold {far:.2%} of strangers are accepted (<b>FAR</b>) and {frr:.2%} of "
        f"pairs of one person rejected (<b>FRR</b>), measured on {escape(stored.data)}.</div>"
        f"{curves_svg(stored, threshold, model.furthest)}"
    )


def curves_svg(stored: calibration.Calibration, threshold: float, furthest: float) -> str:
    """FAR (rising) and FRR (falling) over the threshold, and where it stands."""
    left, right, top, bottom = 40.0, 590.0, 12.0, 120.0

    def x(value: float) -> float:
        return left + (right - left) * min(max(value / furthest, 0.0), 1.0)

    def line(rates: Sequence[float], colour: str) -> str:
        points = " ".join(
            f"{x(at):.1f},{bottom - (bottom - top) * rate:.1f}"
            for at, rate in zip(stored.curves.thresholds, rates, strict=True)
            if at <= furthest
        )
        return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2.5"/>'

    far, frr = (rates.tolist() for rates in (stored.curves.far, stored.curves.frr))
    return (
        '<svg viewBox="0 0 600 150" style="width:100%;max-width:600px" role="img" '
        'aria-label="Error rates over the threshold" fill="currentColor" font-size="13">'
        f'<path d="M{left} {top}V{bottom}H{right}" fill="none" stroke="currentColor"/>'
        f'<text x="4" y="{top + 8}">100%</text><text x="16" y="{bottom}">0%</text>'
        f"{line(far, '#b91c1c')}{line(frr, '#1d4ed8')}"
        f'<line x1="{x(threshold):.1f}" x2="{x(threshold):.1f}" y1="{top}" y2="{bottom}" '
        'stroke="currentColor" stroke-width="2" stroke-dasharray="4 3"/>'
        f'<text x="{left}" y="142" fill="#1d4ed8">FRR: same person rejected</text>'
        f'<text x="{right}" y="142" fill="#b91c1c" text-anchor="end">FAR: strangers accepted</text>'
        "</svg>"
    )


def gauge_svg(distance: float, threshold: float, furthest: float) -> str:
    """A scale from 0 to ``furthest`` with the threshold and, as a marker, the distance."""
    left, right = 10.0, 590.0

    def at(value: float) -> float:
        return left + (right - left) * min(max(value / furthest, 0.0), 1.0)

    limit, here = at(threshold), at(distance)
    # Labels stay within the picture.
    text_here, text_limit = (min(max(x, 70.0), 530.0) for x in (here, limit))
    return (
        '<svg viewBox="0 0 600 92" style="width:100%;max-width:600px" role="img" '
        f'aria-label="Distance {distance:.3f}, threshold {threshold:.3f}" '
        'fill="currentColor" font-size="15" text-anchor="middle">'
        f'<rect x="{left}" y="34" width="{limit - left:.1f}" height="18" rx="4" fill="#86efac"/>'
        f'<rect x="{limit:.1f}" y="34" width="{right - limit:.1f}" height="18" rx="4" '
        'fill="#fca5a5"/>'
        f'<line x1="{limit:.1f}" x2="{limit:.1f}" y1="30" y2="62" stroke="currentColor" '
        'stroke-width="2" stroke-dasharray="4 3"/>'
        f'<path d="M {here:.1f} 50 l -9 -22 h 18 z"/>'
        f'<text x="{text_here:.1f}" y="20" font-weight="700">distance {distance:.3f}</text>'
        f'<text x="{text_limit:.1f}" y="80">threshold {threshold:.2f}</text></svg>'
    )
