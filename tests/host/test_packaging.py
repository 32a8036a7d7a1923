"""What installing Triptych brings."""

import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from host.cli.new import REQUIREMENTS

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project():
    if sys.version_info < (3, 11):
        pytest.skip("reads TOML with Python 3.11")
    import tomllib

    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def listed(lines):
    stripped = (line.partition("#")[0].strip() for line in lines)
    return {str(Requirement(line)) for line in stripped if line}


def test_requirements_txt_is_everything_the_three_plugins_need(project):
    extras = project["optional-dependencies"]
    everything = [*project["dependencies"], *extras["face"], *extras["style"], *extras["gan"]]
    assert listed((ROOT / "requirements.txt").read_text().splitlines()) == listed(everything)


def test_a_new_plugin_asks_for_the_frameworks_that_ours_have(project):
    extras = project["optional-dependencies"]
    ours = listed([*extras["face"], *extras["gan"]])
    assert listed(REQUIREMENTS.values()) <= ours


def test_a_plugins_author_gets_no_framework(project):
    names = {Requirement(line).name for line in project["dependencies"]}
    assert not names & {"tensorflow", "keras", "torch", "torchvision", "scipy", "scikit-learn"}


def test_each_plugin_names_the_modules_of_its_extra(project):
    """The import names that decide whether a plugin is installed, against its extra."""
    from plugins import face, gan, style

    modules = {"scikit-learn": "sklearn"}
    for module in (face, style, gan):
        registered = []
        module.register_plugins(registered.append)
        (plugin,) = registered
        extra = project["optional-dependencies"][plugin.name]
        names = {Requirement(line).name for line in extra}
        assert set(plugin.requires) == {modules.get(name, name) for name in names}
