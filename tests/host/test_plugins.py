"""Discovery: what is found, in which order, and what a broken plugin costs."""

import subprocess
import sys
import textwrap

import pytest

from host import API_VERSION, Plugin
from host.plugins import PluginError, discover
from host.settings import Settings

GOOD = """
    from host import Plugin, hookimpl

    @hookimpl
    def register_plugins(register):
        register(Plugin(name="{name}", title="{name}", tab="{name}:build"))
"""


@pytest.fixture(autouse=True)
def clean_imports(monkeypatch):
    """Modules and paths of one test must not be found by the next."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        del sys.modules[name]


@pytest.fixture
def write(tmp_path):
    def make(name, source, **fields):
        file = tmp_path / f"{name}.py"
        file.write_text(textwrap.dedent(source).format(name=name, **fields))
        return str(file)

    return make


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Make a module an installed distribution with a ``triptych`` entry point."""

    def make(name):
        info = tmp_path / f"{name}_dist-2.5.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}-dist\nVersion: 2.5\n")
        (info / "entry_points.txt").write_text(f"[triptych]\n{name} = {name}\n")
        monkeypatch.syspath_prepend(str(tmp_path))

    return make


def by_name(**settings):
    return {found.name: found for found in discover(Settings(**settings))}


def test_a_file_a_folder_and_a_module_can_be_named(write, tmp_path, monkeypatch):
    file = write("one_file", GOOD)
    folder = tmp_path / "one_folder"
    folder.mkdir()
    (folder / "__init__.py").write_text(textwrap.dedent(GOOD).format(name="one_folder"))
    write("one_module", GOOD)
    monkeypatch.syspath_prepend(str(tmp_path))
    found = by_name(plugin=[file, str(folder), "one_module"])
    for name in ("one_file", "one_folder", "one_module"):
        assert not found[name].error
        assert found[name].origin.startswith("from ")


def test_an_installed_plugin_is_found_with_its_version(write, install):
    write("third_party", GOOD)
    install("third_party")
    found = by_name()["third_party"]
    assert (found.origin, found.version) == ("installed (third_party-dist)", "2.5")
    assert not found.error


def test_safe_mode_loads_built_in_plugins_only(write, install):
    write("third_party", GOOD)
    install("third_party")
    assert all(found.origin == "built in" for found in by_name(safe_mode=True).values())


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("raise RuntimeError('no licence')", "RuntimeError: no licence"),
        ("import no_such_module", "No module named 'no_such_module'"),
        ("import sys; sys.exit('gone')", "SystemExit: gone"),
        ("def broken(:", "SyntaxError"),
        ("x = 1", "registers no plugin"),
        (
            "from host import hookimpl\n@hookimpl\ndef register_plugins(register):\n    1 / 0",
            "ZeroDivisionError",
        ),
        (
            "from host import hookimpl\n@hookimpl\ndef register_plugins(registry):\n    pass",
            "PluginValidationError",
        ),
        (
            "from host import hookimpl\n@hookimpl\ndef register_plugin(register):\n    pass",
            "PluginValidationError",
        ),
        (
            "from host import hookimpl\n@hookimpl\ndef register_plugins(register):\n"
            "    register('hello')",
            "registered a str, not a Plugin",
        ),
        (
            "from host import hookimpl, Plugin\n@hookimpl\ndef register_plugins(register):\n"
            "    register(Plugin(name='No Good', title='x', tab='a:b'))",
            "use lower-case letters",
        ),
    ],
)
def test_a_broken_plugin_is_kept_with_its_reason(source, reason, tmp_path):
    broken = tmp_path / "broken_one.py"
    broken.write_text(source)
    found = by_name(plugin=[str(broken)])
    assert reason in found["broken_one"].error
    assert [each for each in found.values() if each.error] == [found["broken_one"]]
    with pytest.raises(PluginError, match="broken_one"):
        discover(Settings(plugin=[str(broken)], strict=True))


CARELESS = """
    from pydantic import BaseModel, field_validator
    from host import Plugin, SettingsSection, hookimpl

    class Options(BaseModel):
        size: int = 1

        @field_validator("size", mode="before")
        def check(cls, size):
            raise RuntimeError("a validator of mine")

    @hookimpl
    def register_plugins(register):
        register(Plugin(name="{name}", title="x", tab="a:b"{plugin}))

    {hook}
"""
HOOK = "@hookimpl\ndef register_{0}(register): {1}"


@pytest.mark.parametrize(
    ("plugin", "hook", "reason"),
    [
        (", description=5", "", "description is 5, of the wrong kind"),
        (", version=1.0", "", "version is 1.0, of the wrong kind"),
        (", requires='numpy'", "", "requires is 'numpy', of the wrong kind"),
        (", api_version='1'", "", "api_version is '1', of the wrong kind"),
        ("", HOOK.format("weights", "register('model.bin')"), "'model.bin' where a WeightFile"),
        ("", HOOK.format("commands", "register('go')"), "'go' where a Command is due"),
        ("", HOOK.format("settings", "register(SettingsSection('one', dict))"), "no pydantic Base"),
        ("", HOOK.format("settings", "register(SettingsSection('one', Options))"), "of mine"),
        ("", "raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("", "raise BaseException('a panic')", "a panic"),
    ],
)
def test_a_careless_plugin_costs_nobody_else(plugin, hook, reason, write):
    file = write("one", CARELESS, plugin=plugin, hook=hook)
    found = by_name(plugin=[file], plugins={"one": {"options": {"size": 3}}})
    assert reason in found["one"].error
    assert [name for name, each in found.items() if each.error] == ["one"]


def test_a_part_of_an_absent_package_is_absent(write):
    found = by_name(plugin=[write("one", CARELESS, plugin=", requires=('no.such',)", hook="")])
    assert found["one"].missing == "no.such is not installed."


def test_a_name_belongs_to_whoever_has_it_as_entry_point(install, write):
    write("thief", GOOD.replace("{name}", "owner", 1).replace("{name}", "thief"))
    write("owner", GOOD)
    for name in ("thief", "owner"):
        install(name)
    found = by_name()
    assert found["owner"].plugin.tab == "owner:build"
    assert found["owner (2)"].error == "another plugin is already called owner"


@pytest.mark.parametrize(
    ("where", "reason"),
    [
        ("./nowhere", "there is no file or folder ./nowhere"),
        ("nowhere.py", "there is no file or folder nowhere.py"),
        ("~nobody_of_that_name/x", "there is no file or folder"),
        ("no_such_module", "No module named 'no_such_module'"),
    ],
)
def test_a_path_to_nothing_is_a_sentence(where, reason):
    assert any(reason in each.error for each in by_name(plugin=[where]).values())


def test_a_plugin_for_another_api_version_says_so(write):
    file = write(
        "from_the_future",
        """
        from host import Plugin, hookimpl

        @hookimpl
        def register_plugins(register):
            register(Plugin(name="{name}", title="x", tab="a:b", api_version={version}))
        """,
        version=API_VERSION + 1,
    )
    error = by_name(plugin=[file])["from_the_future"].error
    assert f"version {API_VERSION + 1} of the plugin API" in error
    assert f"has version {API_VERSION}" in error


def test_two_plugins_of_one_name_the_first_wins(write, tmp_path):
    first = write("first", GOOD.replace('name="{name}"', 'name="same"'))
    second = write("second", GOOD.replace('name="{name}"', 'name="same"'))
    found = by_name(plugin=[first, second])
    assert not found["same"].error
    assert "already called same" in found["same (2)"].error


def test_only_and_disable(write):
    files = [write("left", GOOD), write("right", GOOD)]
    assert set(by_name(plugin=files, only=["left"])) == {"left"}
    assert "left" not in by_name(plugin=files, disable=["left"])
    with pytest.raises(PluginError, match="'lefft'; the plugins here are: .*left, right"):
        discover(Settings(plugin=files, only=["lefft"]))


def test_a_plugin_that_is_not_there(tmp_path):
    found = by_name(plugin=["no_such_plugin", str(tmp_path)])
    assert "No module named 'no_such_plugin'" in found["no_such_plugin"].error
    assert "without an __init__.py" in found[tmp_path.name].error


def test_a_file_with_the_name_of_a_known_module_is_refused(tmp_path):
    file = tmp_path / "json.py"
    file.write_text("")
    assert "json is already the name of" in by_name(plugin=[str(file)])["json"].error


def test_the_order_is_the_spacefiles(write):
    files = [write("aaa", GOOD), write("bbb", GOOD)]
    names = [each.name for each in discover(Settings(plugin=files, plugins={"bbb": {}}))]
    assert names.index("bbb") < names.index("aaa")


def test_finding_all_plugins_imports_no_framework_and_no_gradio():
    heavy = "gradio torch tensorflow keras sklearn"
    code = (
        "import sys; from host.plugins import discover; from host.settings import Settings; "
        "assert all(not found.error for found in discover(Settings())); "
        f"print([name for name in {heavy!r}.split() if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "Face"},
        {"name": ""},
        {"name": "a" * 33},
        {"tab": "module.function"},
        {"backend": ":Class"},
        {"framework": "theano"},
    ],
)
def test_a_malformed_plugin_is_refused(fields):
    with pytest.raises(ValueError, match="plugin"):
        Plugin(**{"name": "face", "title": "Faces", "tab": "a.b:c", **fields})
