"""Every code block of the documents of the three plugins works."""

import shutil
import sys
from pathlib import Path

import pytest
from PIL import Image

from host.shipped import shipped

sys.path.insert(0, str(Path(__file__).parent))
from documents import OURS, ROOT, run

PAIRS = "2\t1\nanna\t1\t2\nanna\t1\tbruno\t1\nbruno\t1\t2\nbruno\t2\tclara\t1\n"


@pytest.fixture
def pictures(tmp_path):
    """The files that the pages of the three plugins name."""
    faces = shipped("assets", "face")
    for path in faces.glob("*_[12].jpg"):
        person, number = path.stem.split("_")
        for folder in ("lfw", "people", "probes", "gallery"):
            (tmp_path / folder / person).mkdir(parents=True, exist_ok=True)
            shutil.copy(path, tmp_path / folder / person / f"{person}_{int(number):04d}.jpg")
    (tmp_path / "pairs.txt").write_text(PAIRS)
    for name, source in (("a", "anna_1"), ("b", "anna_2"), ("group", "group"), ("photo", "anna_1")):
        with Image.open(faces / f"{source}.jpg") as picture:
            picture.thumbnail((256, 256) if name == "photo" else (1000, 1000))
            picture.save(tmp_path / f"{name}.jpg")
    shutil.copy(shipped("assets", "style", "waves.jpg"), tmp_path / "painting.jpg")
    (tmp_path / "photos").mkdir()
    shutil.copy(tmp_path / "photo.jpg", tmp_path / "photos")
    return tmp_path


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", OURS)
def test_the_pages_of_the_three_plugins(name, pictures):
    shims = pictures / "bin"
    shims.mkdir()
    for command, words in (("python", ""), ("triptych", "-m host")):
        (shims / command).write_text(f'#!/bin/sh\nexec {sys.executable} {words} "$@"\n')
        (shims / command).chmod(0o755)
    run(name, pictures, shims, PYTHONPATH=str(ROOT))
