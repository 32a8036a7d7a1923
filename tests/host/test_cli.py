"""The ``triptych`` command, and where a plugin named on it may lie."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLUGIN = """
from host import Plugin, hookimpl

@hookimpl
def register_plugins(register):
    register(Plugin(name="{name}", title="Mine", tab="{name}:build", requires={requires}))
"""


def triptych(*arguments, cwd=ROOT):
    return subprocess.run(
        [sys.executable, "-m", "host", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=cwd,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "HOME": str(cwd)},
    )


def project(folder, package, entry, requires=()):
    package.mkdir(parents=True)
    source = PLUGIN.format(name=package.name, requires=requires)
    (package / "__init__.py").write_text(source)
    (folder / "pyproject.toml").write_text(
        f'[project]\nname = "mine"\nversion = "4.2"\n[project.entry-points.triptych]\n{entry}\n'
    )


def test_help_names_every_command_and_each_has_its_own():
    ran = triptych("--help")
    assert ran.returncode == 0
    for command in ("run", "plugins", "new", "check", "weights", "space"):
        assert f"  {command} " in ran.stdout
        own = triptych(command, "--help")
        assert own.returncode == 0
        assert own.stdout.startswith(f"usage: triptych {command}")
    assert triptych().stdout == ran.stdout


def test_an_unknown_command_is_a_sentence():
    ran = triptych("rnu")
    assert ran.returncode == 2
    assert ran.stderr == "triptych: there is no command and no plugin 'rnu'; did you mean run?\n"


@pytest.mark.parametrize("src", ["", "src"])
def test_a_plugin_named_by_the_folder_of_its_distribution(src, tmp_path):
    project(tmp_path, tmp_path / src / "mine_pkg", 'mine = "mine_pkg"')
    ran = triptych("plugins", "--plugin", str(tmp_path), "--only", "mine_pkg")
    assert ran.stdout.startswith("mine_pkg 4.2 - Mine (from ")
    assert ran.returncode == 0


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[project]\nname='x'", "names no plugin in [project.entry-points.triptych]"),
        ("[project", "names no plugin in [project.entry-points.triptych]"),
        ("[project.entry-points.triptych]\nx = 'absent'", "has no absent, neither beside"),
    ],
)
def test_a_folder_that_is_no_plugin_says_what_it_lacks(text, sentence, tmp_path):
    (tmp_path / "pyproject.toml").write_text(text)
    ran = triptych("plugins", "--plugin", str(tmp_path))
    assert ran.returncode == 1
    assert sentence in ran.stdout


def test_a_plugin_that_is_named_stands_for_the_same_one_that_is_installed(tmp_path):
    project(tmp_path / "dev", tmp_path / "dev" / "mine_pkg", 'mine = "mine_pkg"')
    info = tmp_path / "site" / "mine-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[triptych]\nmine = mine_pkg\n")
    command = [sys.executable, "-m", "host", "plugins", "--plugin", str(tmp_path / "dev")]
    paths = f"{ROOT}:{tmp_path / 'site'}"
    ran = subprocess.run(
        command, capture_output=True, text=True, cwd=tmp_path, env={"PYTHONPATH": paths}
    )
    assert "mine_pkg 4.2" in ran.stdout
    assert "already called" not in ran.stdout
    assert ran.returncode == 0


def test_a_plugin_whose_requirements_are_not_installed_has_no_tab(start_app, tmp_path):
    project(tmp_path, tmp_path / "mine_pkg", 'mine = "mine_pkg"', ("no_such_framework", "numpy"))
    ran = triptych("plugins", "--plugin", str(tmp_path))
    assert ran.returncode == 0
    assert "no_such_framework is not installed." in ran.stdout
    app = start_app("--plugin", str(tmp_path), "--disable", "face,style,gan")
    page = app.wait_until_served()
    assert "no_such_framework is not installed." in page  # in the Plugins tab
    assert "could not be loaded" not in page
    ran = triptych("run", "--plugin", str(tmp_path), "--only", "mine_pkg")
    assert ran.returncode == 1
    assert ran.stderr.endswith("triptych: Plugin mine_pkg: no_such_framework is not installed.\n")


def test_the_spacefile_of_the_folder_counts(tmp_path):
    (tmp_path / "Spacefile").write_text("plugins:\n  gan: {device: cpu}\n  face: {}\n")
    ran = triptych("plugins", cwd=tmp_path)
    assert ran.stdout.index("gan 0") < ran.stdout.index("face 0") < ran.stdout.index("style 0")
    (tmp_path / "Spacefile").write_text("plugins: [")
    ran = triptych("plugins", cwd=tmp_path)
    assert ran.returncode == 2
    assert "is not a YAML mapping" in ran.stderr and "Traceback" not in ran.stderr


def test_a_space_is_checked_and_exported(tmp_path):
    assert "is a valid Space" in triptych("space", "check").stdout
    ran = triptych("space", "export", str(tmp_path / "space"))
    assert ran.returncode == 0, ran.stderr
    readme = (tmp_path / "space" / "README.md").read_text()
    assert readme.startswith("---\ntitle: Triptych\n") and "sdk_version: " in readme
    ran = subprocess.run(
        [sys.executable, "app.py", "--help"], cwd=tmp_path / "space", capture_output=True, text=True
    )
    assert ran.returncode == 0
    ran = triptych("space", "export", str(tmp_path / "space"))
    assert (ran.returncode, "not an empty folder" in ran.stderr) == (1, True)


def test_a_spacefile_that_is_no_space_says_what_is_wrong(tmp_path):
    (tmp_path / "Spacefile").write_text(
        "title: T\nemoij: x\ncolorFrom: teal\ncolorTo: red\nsdk: docker\napp_file: app.py\n"
    )
    ran = triptych("space", "check", cwd=tmp_path)
    assert ran.returncode == 1
    assert ran.stdout.splitlines() == [
        "emoij is no key of a Spacefile; is it emoji?",
        "emoji is missing.",
        "colorFrom is 'teal', which is none of red, yellow, green, blue, indigo, purple, "
        "pink, gray.",
        "sdk is 'docker'; Triptych runs with gradio.",
    ]
