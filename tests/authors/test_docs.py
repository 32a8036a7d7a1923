"""Every code block of the documents works: files, commands, programs and settings."""

import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest
import yaml

from host.cli.flags import settings_from
from host.settings import Settings

sys.path.insert(0, str(Path(__file__).parent))
from documents import DOCS, OURS, ROOT, blocks, run

NAMES = sorted(path.name for path in DOCS.glob("*.md"))
KNOWN = {"python", "sh", "yaml", "toml", "css", "text"}


@pytest.mark.parametrize("name", NAMES)
def test_every_block_is_of_a_kind_that_is_run_and_settings_are_valid(name, monkeypatch, tmp_path):
    for line, language, text in blocks(name):
        assert language in KNOWN, f"{name}:{line}: a block of {language or 'no language'}"
        if language == "yaml":
            assert set(yaml.safe_load(text)) <= set(Settings.model_fields), f"{name}:{line}"
            (tmp_path / "Spacefile").write_text(text)
            monkeypatch.setattr(Settings, "spacefile", tmp_path / "Spacefile")
            assert settings_from([]).model_fields_set


@pytest.fixture(scope="module")
def author(installation, tmp_path_factory):
    """A virtual environment with pip in which Triptych is installed from its wheel; its ``bin``."""
    folder = tmp_path_factory.mktemp("author")
    venv.create(folder, with_pip=True, symlinks=True)
    purelib = "import sysconfig; print(sysconfig.get_path('purelib'))"
    places = [
        subprocess.run([python, "-c", purelib], capture_output=True, text=True).stdout.strip()
        for python in (folder / "bin" / "python", installation.python)
    ]
    (Path(places[0]) / "triptych.pth").write_text(places[1])
    triptych = folder / "bin" / "triptych"
    triptych.write_text(f'#!/bin/sh\nexec {folder / "bin" / "python"} -m host "$@"\n')
    triptych.chmod(0o755)
    return folder / "bin"


@pytest.mark.parametrize("name", [name for name in NAMES if name not in (*OURS, "first-plugin.md")])
def test_the_pages_for_authors(name, author, tmp_path):
    """As an author has it: from the wheel, without any framework."""
    run(name, tmp_path, author)


@pytest.mark.timeout(600)
def test_the_first_plugin_followed_literally(tmp_path):
    checkout = tmp_path / "triptych"
    checkout.mkdir()
    for name in ("host", "plugins", "assets"):
        shutil.copytree(ROOT / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("app.py", "Spacefile", "requirements.txt", "pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, checkout / name)
    said = run("first-plugin.md", checkout)
    assert "my_plugin 0.1.0 - My plugin (installed (my-plugin))" in said
    assert said.count("is at http") == 2


def test_the_site_is_built_and_every_link_leads_somewhere(tmp_path):
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    page = (tmp_path / "first-plugin.html").read_text()
    assert "triptych new my-plugin" in re.sub("<[^>]*>", "", page)
    asked = set(re.findall(r"<(?:script|link|img)[^>]* (?:src|href)=\"(https?://[^\"]+)", page))
    assert not asked  # nothing from another server


@pytest.mark.parametrize("page", [ROOT / "README.md", *sorted(ROOT.glob("examples/*/README.md"))])
def test_the_links_of_a_readme_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
        if "://" not in link:
            assert (page.parent / link).exists(), link
