"""Which files are a plugin's own."""

from pathlib import Path

import pytest

from host.own_code import inside

FOLDER = Path("/home/ada/my-plugin")


@pytest.mark.parametrize("name", ["tab.py", "my_plugin/tab.py", "src/my_plugin/part/model.py"])
def test_its_modules(name):
    assert inside(FOLDER / name, FOLDER)


@pytest.mark.parametrize(
    "name",
    [
        ".venv/lib/python3.11/site-packages/gradio/blocks.py",
        "venv/lib/python3.11/site-packages/numpy/__init__.py",
        "node_modules/x.js",
        "build/lib/my_plugin/tab.py",
        "../other/tab.py",
    ],
)
def test_what_others_wrote_and_what_is_made_of_it(name):
    assert not inside((FOLDER / name).resolve(), FOLDER)
