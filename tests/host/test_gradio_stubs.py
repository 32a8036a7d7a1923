"""Gradio writes no type stubs: neither beside a plugin's component nor its own anew."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMPONENT = """
import gradio as gr


class Loud(gr.Textbox):
    EVENTS = ["change"]

    def __init__(self, label):
        super().__init__(label=label)


with gr.Blocks() as page:
    Loud("Say it").change(lambda text: text.upper(), None, None)
assert [fn.targets[0][1] for fn in page.fns.values()] == ["change"]
"""


@pytest.mark.parametrize("first", ["import host", "import gradio, host"])
def test_a_component_works_and_nothing_is_written_beside_it(tmp_path, first):
    (tmp_path / "loud.py").write_text(COMPONENT)
    code = f"{first}; import sys; sys.path.insert(0, {str(tmp_path)!r}); import loud"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert not list(tmp_path.rglob("*.pyi"))


def test_without_it_one_is_written(tmp_path):
    """Or this can go."""
    (tmp_path / "loud.py").write_text(COMPONENT)
    code = "import loud"
    ran = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert [path.name for path in tmp_path.rglob("*.pyi")] == ["loud.pyi"]
