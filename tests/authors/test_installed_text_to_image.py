"""text-to-image from its wheel, with PyTorch and diffusers: apart, as it takes minutes."""

import subprocess
import venv

import pytest
from serving import ROOT, App

EXAMPLE = ROOT / "examples" / "text-to-image"
BUILD = """
import sys
from pathlib import Path
import triptych_text_to_image.torchvision_absent
sys.path.insert(0, sys.argv[1])
import tiny
tiny.model(Path(sys.argv[2]))
"""


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """It serves the plugin with a tiny model of random weights."""
    from installed import pip, wheel

    folder = tmp_path_factory.mktemp("text_to_image")
    for project in (ROOT, EXAMPLE):
        wheel(project, folder / "wheels")
    venv.create(folder / "venv", with_pip=False, symlinks=True)
    python = folder / "venv" / "bin" / "python"
    pip(python, "install", "-q", *map(str, (folder / "wheels").glob("*.whl")))
    model = folder / "model"
    subprocess.run([python, "-c", BUILD, EXAMPLE / "tests", model], check=True, cwd=folder)
    (folder / "Spacefile").write_text(
        f"plugins:\n  text_to_image:\n    options: {{default_model: '{model}', offline: true}}\n"
    )
    app = App(
        folder,
        ["--offline", "--only", "text_to_image"],
        {"HF_HUB_OFFLINE": "1"},
        [folder / "venv" / "bin" / "triptych", "run"],
    )
    app.wait_until_served()
    yield app
    app.stop()


@pytest.mark.timeout(900)
def test_words_become_a_picture(app):
    client = app.client()
    job = client.submit(
        "a red fox", steps=3, width=64, height=64, seed=1, api_name="/text_to_image_generate"
    )
    _, pictures, _ = job.result(timeout=120)
    assert len(pictures) == 1
    assert len(job.outputs()) > 1
    client.close()
