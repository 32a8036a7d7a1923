"""The formulas of style transfer with the current numbers in them, as Markdown with LaTeX.

Equations are those of Gatys, Ecker, Bethge 2016, "Image Style Transfer Using Convolutional Neural
Networks", CVPR. Beside each stands what :mod:`plugins.style.losses` computes instead.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from plugins.style.inside.results import Distance, GramView, LayerLoss, Rearranged, ReconstructStep
from plugins.style.results import Losses

PAPER = "[Gatys, Ecker, Bethge 2016](https://doi.org/10.1109/CVPR.2016.265)"
RUDIN = "[Rudin, Osher, Fatemi 1992](https://doi.org/10.1016/0167-2789%2892%2990242-F)"

# Gradio's Markdown knows "$$" alone, so what stands in a line is written out in words.
_NOTATION = (
    "F is what channel i of layer l answers at position k of one picture, P the same of the one "
    "it is compared with; a layer has N channels and M positions."
)

_CONTENT = r"\mathcal{L}_{content} = \frac{1}{2}\sum_{i,k}\left(F^l_{ik} - P^l_{ik}\right)^2"
_CONTENT_OURS = (
    r"\mathcal{C} = \frac{\sum_{i,k}\left(F^l_{ik} - P^l_{ik}\right)^2}"
    r"{\sum_{i,k}\left(P^l_{ik} - \bar P^l_i\right)^2 + 0.01\sum_{i,k}\left(P^l_{ik}\right)^2}"
)
_GRAM = r"G^l_{ij} = \sum_k F^l_{ik} F^l_{jk}"
_LAYER = r"E_l = \frac{1}{4 N_l^2 M_l^2}\sum_{i,j}\left(G^l_{ij} - A^l_{ij}\right)^2"
_LAYER_OURS = (
    r"\mathcal{E}_l = \frac{1}{2}\left(\frac{\lVert \Sigma^l - \hat\Sigma^l \rVert^2}"
    r"{\lVert \hat\Sigma^l \rVert^2 + \left(0.01\,\lVert \hat\mu^l \rVert^2\right)^2} + "
    r"\frac{\lVert \mu^l - \hat\mu^l \rVert^2}{\lVert \hat\mu^l \rVert^2}\right), \quad "
    r"\Sigma^l_{ij} = \frac{1}{M_l}\sum_k (F^l_{ik} - \mu^l_i)(F^l_{jk} - \mu^l_j)"
)
_STYLE = r"\mathcal{L}_{style} = \sum_l w_l E_l"
_SMOOTH = (
    r"\mathcal{V} = \frac{1}{n}\sum_{x,y}\left(\sqrt{(\partial_x I)^2 + (\partial_y I)^2 + 0.01^2}"
    r" - 0.01\right)"
)
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_OURS_WHY = (
    "Triptych's is relative: 0 is equal, 1 is as far as nothing at all, so one set of weights "
    "suits every network."
)
_STYLE_WHY = (
    "Triptych's compares the means of the channels and their covariances about the means apart, "
    "each relative to the painting's: the products of large means would drown what the brush does."
)


def transfer_formulas(
    losses: Losses, content_weight: float, style_weight: float, smoothness: float
) -> str:
    """The running transfer: every part of the total and what it is now.

    content_weight, style_weight, smoothness: where the sliders stand, 1 is balanced; ``losses``
    are those weighted so.
    """
    total = (
        r"\mathcal{L}_{total} = "
        rf"\underbrace{{\alpha\,\mathcal{{C}}}}_{{{number(losses.content)}}} + "
        rf"\underbrace{{\beta \sum_l w_l \mathcal{{E}}_l}}_{{{number(losses.style)}}} + "
        rf"\underbrace{{\gamma\,\mathcal{{V}}}}_{{{number(losses.smoothness)}}} = "
        f"{number(losses.total)}"
    )
    sliders = f"{content_weight:g}, {style_weight:g} and {smoothness:g}"
    return _joined(
        f"**Total** ({PAPER}, eq. 7, and the smoothness)",
        _block(total),
        f"α, β and γ are the sliders, now {sliders}, times fixed factors that make 1 balanced.",
        f"**Content** ({PAPER}, eq. 1; then Triptych's)",
        _NOTATION,
        _block(_CONTENT),
        _block(_CONTENT_OURS),
        _OURS_WHY,
        f"**Style** ({PAPER}, eq. 3, 4 and 5; then Triptych's)",
        "G is the Gram matrix of the picture being made, A the painting's.",
        _block(_GRAM, _LAYER, _STYLE),
        _block(_LAYER_OURS),
        _STYLE_WHY,
        "Each layer now, unweighted (0 is the painting's style, 1 or more is none of it):",
        _table(("layer", "loss"), {name: (plain(x),) for name, x in losses.layers.items()}),
        f"**Smoothness**: total variation ({RUDIN}); the paper has none.",
        _block(_SMOOTH),
        "The mean length of the brightness steps I between neighbours, in shares of 255, rounded "
        "off at zero.",
    )


def gram_formulas(view: GramView) -> str:
    """The Gram matrix of a layer and, of two pictures, how far apart the two are."""
    size = rf"G \in \mathbb{{R}}^{{{view.layer.channels} \times {view.layer.channels}}}"
    parts = [
        f"**Gram matrix** ({PAPER}, eq. 3; drawn as a mean over the M positions)",
        _block(rf"{_GRAM}, \quad {size}"),
        "The covariance is the same about each channel's mean.",
    ]
    if view.loss is not None:
        parts += [
            f"**Style loss of this layer** ({PAPER}, eq. 4; then Triptych's)",
            *_layer_numbers(view.loss),
            _STYLE_WHY,
        ]
    return _joined(*parts)


def rearranged_formulas(result: Rearranged) -> str:
    """Content and style loss of the rearranged maps and of the rearranged picture."""
    maps, picture = result.of_maps, result.of_picture
    rows = {
        "content, eq. 1": (plain(maps.content), plain(picture.content)),
        "content, Triptych's": (plain(maps.content_relative), plain(picture.content_relative)),
        "style, eq. 5": (plain(maps.style), plain(picture.style)),
        "style, Triptych's": (plain(maps.style_relative), plain(picture.style_relative)),
    }
    return _joined(
        _table(("loss", "rearranged maps", "rearranged picture"), rows),
        f"**Content** ({PAPER}, eq. 1)",
        _NOTATION,
        _block(rf"{_CONTENT} = {number(maps.content)}"),
        f"**Style** ({PAPER}, eq. 3 to 5). A sum does not ask for the order of its terms, so with "
        "the positions k exchanged by any π the Gram matrix is the same:",
        _block(
            r"G^l_{ij} = \sum_k F^l_{ik} F^l_{jk} = \sum_k F^l_{i\pi(k)} F^l_{j\pi(k)}",
            rf"E_{{{_name(result.layer.name)}}} = {number(maps.layers[result.layer.name].gatys)}",
            rf"{_STYLE} = {_sum_of(maps)}",
        ),
        "What is left is rounding.",
    )


def reconstruct_formulas(step: ReconstructStep, what: str) -> str:
    """What the reconstruction minimises, and its value; ``what`` is "content" or "style"."""
    now = "" if step.loss is None else f" = {number(step.loss)}"
    if what == "content":
        return _joined(
            f"**Content** of {step.layers[-1]} ({PAPER}, eq. 1; then Triptych's, minimised here)",
            _NOTATION,
            _block(_CONTENT),
            _block(_CONTENT_OURS + now),
            _OURS_WHY,
        )
    share = rf"\mathcal{{L}}_{{style}} = \frac{{1}}{{{len(step.layers)}}}\sum_l \mathcal{{E}}_l"
    return _joined(
        f"**Style** of {', '.join(step.layers)} ({PAPER}, eq. 3 to 5; then Triptych's, "
        "minimised here)",
        _block(_GRAM, _LAYER, _STYLE),
        _block(_LAYER_OURS),
        _block(share + now),
        _STYLE_WHY,
    )


def number(value: float) -> str:
    """``value`` in LaTeX, three figures, powers of ten where it is very large or small."""
    if not math.isfinite(value):
        return r"\text{not finite}"
    if value == 0 or 1e-3 <= abs(value) < 1e5:
        return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
    mantissa, exponent = f"{value:.2e}".split("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}"


def plain(value: float) -> str:
    """``value`` as a person reads it, three figures."""
    if not math.isfinite(value):
        return "not finite"
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa} × 10{str(int(exponent)).translate(_RAISED)}"


def _layer_numbers(loss: LayerLoss) -> tuple[str, str]:
    values = rf"N = {loss.channels}, \; M = {loss.positions}"
    return (
        _block(rf"{_LAYER} = {number(loss.gatys)}, \quad {values}"),
        _block(rf"{_LAYER_OURS}, \quad \mathcal{{E}}_l = {number(loss.relative)}"),
    )


def _sum_of(distance: Distance) -> str:
    terms = [
        rf"{share:.2g} \cdot {number(distance.layers[name].gatys)}"
        for name, share in distance.shares.items()
    ]
    return rf"{' + '.join(terms)} = {number(distance.style)}"


def _name(layer: str) -> str:
    return rf"\text{{{layer.replace('_', chr(92) + '_')}}}"


def _block(*formulas: str) -> str:
    return "\n\n".join(f"$$\n{formula}\n$$" for formula in formulas)


def _table(columns: tuple[str, ...], rows: Mapping[str, tuple[str, ...]]) -> str:
    lines = [columns, ("---",) * len(columns), *((name, *cells) for name, cells in rows.items())]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _joined(*parts: str) -> str:
    return "\n\n".join(parts)
