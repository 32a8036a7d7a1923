"""What the page shows of an enlarged picture: captions, a closer look, the table of figures."""

from __future__ import annotations

from html import escape

import numpy as np

from plugins.gan.translation.results import Figures, Translation

GIVEN, TRUTH = "what the networks were given", "the truth"
_LOOK = 5
"""The closer look has one part in so many of the picture's shorter side."""
_LOOK_PIXELS = 256

_MEASURES = (
    ("PSNR in decibels", "psnr", 2, True, "error of the pixels: higher is better"),
    ("SSIM", "ssim", 3, True, "likeness of local structure: higher is better, 1 at most"),
    ("perceptual distance", "perceptual", 3, False, "what a network sees: lower is better"),
)


def pictures(translation: Translation) -> dict[str, np.ndarray]:
    """All there is to look at, by its caption, all of one size."""
    shown = {GIVEN: translation.source, **translation.answers}
    if translation.target is not None:
        shown[TRUTH] = translation.target
    return shown


def gallery(shown: dict[str, np.ndarray]) -> list[tuple[np.ndarray, str]]:
    return [(picture, caption) for caption, picture in shown.items()]


def closer_look(translation: Translation) -> dict[str, np.ndarray]:
    """The square where the last two answers differ most, from each picture, enlarged."""
    shown = pictures(translation)
    names = list(translation.answers)
    first, second = (translation.answers[name].astype(np.float32) for name in names[-2:])
    side = max(16, min(first.shape[:2]) // _LOOK)
    top, left = _busiest(np.abs(first - second).mean(2), side)
    scale = max(1, _LOOK_PIXELS // side)
    return {
        caption: picture[top : top + side, left : left + side].repeat(scale, 0).repeat(scale, 1)
        for caption, picture in shown.items()
    }


def _busiest(amount: np.ndarray, side: int) -> tuple[int, int]:
    """Top and left of the square of ``side`` with the largest sum of ``amount`` (H, W)."""
    sums = np.pad(amount.astype(np.float64), ((1, 0), (1, 0))).cumsum(0).cumsum(1)
    sums = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    top, left = np.unravel_index(int(sums.argmax()), sums.shape)
    return int(top), int(left)


def table(figures: dict[str, Figures]) -> str:
    """HTML: a row for each answer, the best of each measure in bold."""
    if not figures:
        return ""
    head = "".join(f"<th>{title}<br><small>{what}</small></th>" for title, *_, what in _MEASURES)
    rows = []
    for name, found in figures.items():
        cells = ""
        for _, field, digits, higher, _ in _MEASURES:
            values = [getattr(each, field) for each in figures.values()]
            best = max(values) if higher else min(values)
            value = getattr(found, field)
            text = f"{value:.{digits}f}"
            cells += f"<td>{f'<b>{text}</b>' if value == best else text}</td>"
        rows.append(f"<tr><th>{escape(name)}</th>{cells}</tr>")
    return (
        f"<table><thead><tr><th>against the truth</th>{head}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def summary(translation: Translation, given: tuple[int, int]) -> str:
    """What was done, for an original of ``given`` = (height, width)."""
    height, width = translation.source.shape[:2]
    small = f"{width // 4} x {height // 4}"
    if translation.target is not None:
        done = f"Shrunk from {width} x {height} to {small} pixels and enlarged again."
        fitted = (height, width) != tuple(length // 4 * 4 for length in given)
        cut = not fitted and (height, width) != given
    else:
        done = f"Enlarged from {small} to {width} x {height} pixels."
        fitted, cut = (height // 4, width // 4) != given, False
    if fitted:
        done = f"First scaled down from {given[1]} x {given[0]} pixels. {done}"
    elif cut:
        done = f"A margin was cut, as 4 must divide both sides. {done}"
    if not translation.figures or len(translation.figures) < 3:
        return done
    return f"{done} {_verdict(translation.figures)}"


def _verdict(figures: dict[str, Figures]) -> str:
    least, gan = figures["L1 only"], figures["GAN"]
    if least.psnr > gan.psnr and least.perceptual > gan.perceptual:
        return (
            f"By pixels **L1 only** is nearer to the truth, by {least.psnr - gan.psnr:.2f} dB; "
            "to a network's eye, and mostly to ours, the **GAN** is."
        )
    pixels = "L1 only" if least.psnr > gan.psnr else "GAN"
    features = "L1 only" if least.perceptual < gan.perceptual else "GAN"
    if pixels == features:
        return f"Here **{pixels}** is nearer to the truth, by pixels and to a network's eye."
    return (
        f"Of the two networks **{pixels}** is nearer to the truth by pixels, **{features}** to "
        "a network's eye."
    )
