"""The formulas with their numbers: what is written is what was measured."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from plugins.style import formulas
from plugins.style.inside.results import Distance, Layer, LayerLoss, Rearranged, ReconstructStep
from plugins.style.results import Losses

LOSSES = Losses(0.75, 0.25, 0.375, 0.125, {"conv1": 0.0625, "conv5_2": 1.5})


def blocks(text: str) -> list[str]:
    """The formulas as Gradio finds them: between two "$$"."""
    parts = text.split("$$")
    assert len(parts) % 2 == 1, "a formula is not closed"
    return parts[1::2]


def test_the_total_shows_its_three_parts_and_the_sliders():
    text = formulas.transfer_formulas(LOSSES, 1.0, 2.5, 0.5)
    total = next(block for block in blocks(text) if "{total}" in block)
    shown = [float(x) for x in re.findall(r"\}_\{([0-9.]+)\}", total)]
    assert shown == [0.25, 0.375, 0.125]
    assert total.rstrip().endswith("= 0.75")
    assert "1, 2.5 and 0.5" in text
    assert "| conv1 | 0.0625 |" in text and "| conv5_2 | 1.5 |" in text


def test_every_formula_has_its_source_and_balanced_braces():
    text = formulas.transfer_formulas(LOSSES, 1.0, 1.0, 1.0)
    for source in ("eq. 1", "eq. 3, 4 and 5", "eq. 7", "Rudin, Osher, Fatemi 1992"):
        assert source in text
    for block in blocks(text):
        assert block.count("{") == block.count("}")
        assert len(re.findall(r"\\left\b", block)) == len(re.findall(r"\\right\b", block))
    outside = "".join(text.split("$$")[::2])
    assert "\\" not in outside and "$" not in outside, "LaTeX that Gradio would show as it is"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.0, "0"),
        (0.5, "0.5"),
        (1234.0, "1234"),
        (2.5e-14, r"2.50 \cdot 10^{-14}"),
        (3.0e7, r"3.00 \cdot 10^{7}"),
        (float("nan"), r"\text{not finite}"),
        (float("inf"), r"\text{not finite}"),
    ],
)
def test_numbers_are_written_as_people_write_them(value, said):
    assert formulas.number(value) == said


def test_rearranged_maps_are_compared_with_the_rearranged_picture():
    layer = Layer("embedded", "conv4_2", 4, 6, 8, 8, 62)
    maps = Distance(100.0, 1.75, {"conv4_2": LayerLoss(0.0, 1e-13, 8, 24)}, {"conv4_2": 1.0})
    picture = Distance(90.0, 1.5, {"conv4_2": LayerLoss(0.25, 0.0625, 8, 24)}, {"conv4_2": 1.0})
    text = formulas.rearranged_formulas(
        Rearranged(layer, "flip", None, None, None, maps, picture)  # type: ignore[arg-type]
    )
    assert "| content, eq. 1 | 100 | 90 |" in text
    assert "| style, eq. 5 | 0 | 0.25 |" in text
    assert "| style, Triptych's | 1.0 × 10⁻¹³ | 0.0625 |" in text
    assert any(block.rstrip().endswith("= 100") for block in blocks(text))
    assert any(r"E_{\text{conv4\_2}} = 0" in block for block in blocks(text))


def test_a_reconstruction_shows_the_loss_it_minimises():
    step = ReconstructStep("embedded", ("conv1", "conv2"), 3, 10, None, 0.125, 1.0, None)
    assert any(
        block.rstrip().endswith("= 0.125")
        for block in blocks(formulas.reconstruct_formulas(step, "style"))
    )
    content = formulas.reconstruct_formulas(step, "content")
    assert "conv2" in content and "conv1" not in content
    first = ReconstructStep("embedded", ("conv1",), 0, 10, None, None, 0.0, None)
    assert "None" not in formulas.reconstruct_formulas(first, "content")


def test_a_tab_can_write_them_without_a_framework():
    code = (
        "import sys, plugins.style.formulas, plugins.style.models;"
        "print({'tensorflow', 'keras', 'torch', 'matplotlib'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
