"""The hooks of a plugin, and what one that fails costs."""

import os
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from executor_tools import eventually

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
HOOKED = str(HERE / "hooked_plugin.py")


def triptych(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "host", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
        env={**os.environ, **environment},
    )


def test_every_hook_is_used_by_the_served_app(start_app, tmp_path):
    notes = tmp_path / "notes"
    app = start_app(
        *("--plugin", HOOKED, "--only", "hooked"),
        HOOKED_NOTES=str(notes),
        TRIPTYCH_PLUGINS__HOOKED__OPTIONS='{"times": 2}',
    )
    assert notes.read_text() == "hooked starts with Hello\n"
    page = app.wait_until_served()
    assert ".hooked-of-the-test" in page
    client = app.client()
    assert client.predict(api_name="/hooked_greet") == "HelloHello"
    client.close()
    eventually(lambda: "hooked is well" in app.wait_until_served())
    assert app.stop() == 0
    assert notes.read_text().splitlines()[1:] == ["ends: HelloHello"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ('{"greting": "Hi"}', "the option greting is unknown; did you mean greeting?"),
        ('{"xyz": 1}', "the option xyz is unknown; there are: greeting, times"),
        ('{"times": 0}', "the option times is wrong: Input should be greater than or equal to 1"),
    ],
)
def test_a_wrong_option_is_named_and_costs_its_plugin_only(options, sentence):
    ran = triptych("plugins", "--plugin", HOOKED, TRIPTYCH_PLUGINS__HOOKED__OPTIONS=options)
    assert ran.returncode == 1
    assert f"broken: {sentence}" in ran.stdout
    assert ran.stdout.count("broken") == 1


def test_our_own_plugins_options_are_checked_too():
    ran = triptych("plugins", "--only", "face", TRIPTYCH_PLUGINS__FACE__OPTIONS='{"galery": "x"}')
    assert "the option galery is unknown; did you mean gallery?" in ran.stdout
    ran = triptych("plugins", "--only", "face", TRIPTYCH_PLUGINS__FACE__OPTIONS='{"model": "x"}')
    assert "the option model is wrong" in ran.stdout and "facenet-512" in ran.stdout


def test_the_command_of_a_plugin():
    named = {"TRIPTYCH_PLUGIN": HOOKED}
    ran = triptych("hooked", "greet", "you", "--all", **named)
    assert (ran.returncode, ran.stdout) == (3, "greeting you --all\n")
    assert "triptych hooked greet: say hello" in triptych("hooked", **named).stdout
    ran = triptych("hooked", "greeet", **named)
    assert ran.returncode == 2
    assert "hooked has no command 'greeet'; it has:" in ran.stderr
    ran = triptych("hoked", **named)
    assert "no command and no plugin 'hoked'; did you mean hooked?" in ran.stderr


def test_the_weights_of_all_plugins_are_listed_and_fetched(tmp_path):
    named = {"TRIPTYCH_PLUGIN": HOOKED, "TRIPTYCH_CACHE": str(tmp_path)}
    listed = triptych("weights", **named).stdout
    assert "hooked.h5\n  hooked, 0 MB, none\n  not here" in listed
    assert "20180402-114759-weights.h5" in listed and "vgg19_weights" in listed
    ran = triptych("weights", "hooked.h5", **named)
    assert ran.returncode == 1
    assert "hooked.h5 could not be downloaded" in ran.stderr and "Traceback" not in ran.stderr
    ran = triptych("weights", "vgg", **named)
    assert ran.returncode == 2
    assert "no plugin publishes 'vgg'; there are:" in ran.stderr


BROKEN = {
    "startup": "def startup(backend):\n    raise OSError('no such database')",
    "css": "def register_css(register):\n    register('nowhere.css')",
    "settings": "def register_settings(register):\n"
    "    register(SettingsSection('face', BaseModel))",
    "command": "def register_commands(register):\n    register(Command('gan', 'x', 'a:b'))",
    "health": "def health_lines(backend):\n    raise OSError('secret')",
    "shutdown": "def shutdown(backend):\n    raise OSError('secret')",
}
SAYS = {
    "startup": "its startup failed: OSError: no such database",
    "css": "it registers the style sheet nowhere.css, which is not there",
    "settings": "it registers settings for the plugin face, which is not its",
    "command": "it registers a command for the plugin gan, which is not its",
}


def test_an_app_that_cannot_serve_has_an_orderly_end_too(tmp_path):
    notes = tmp_path / "notes"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ran = triptych(
            *("run", "--plugin", HOOKED, "--only", "hooked", "--port", port),
            HOOKED_NOTES=str(notes),
            HOOKED_ENDS_ALONE="1",
        )
    assert ran.returncode == 1
    assert notes.read_text().splitlines() == ["hooked starts with Hello", "ends: Hello"]


def test_commands_that_cannot_be_used_are_sentences(tmp_path):
    (tmp_path / "tools.py").write_text(
        textwrap.dedent(
            """
            from host import Command, Plugin, UserError, hookimpl

            @hookimpl
            def register_plugins(register):
                register(Plugin(name="tools", title="Tools", tab="tools:build"))

            @hookimpl
            def register_commands(register):
                register(Command("tools", "gone", "no_such_module:main"))
                register(Command("tools", "nothing", "tools:absent"))
                register(Command("tools", "refuses", "tools:main"))

            def main(arguments):
                raise UserError("Give a file.")
            """
        )
    )
    named = {"TRIPTYCH_PLUGIN": str(tmp_path / "tools.py")}
    for command, status, sentence in (
        ("gone", 2, "no_such_module:main cannot be loaded: No module named 'no_such_module'"),
        ("nothing", 2, "tools:absent cannot be loaded"),
        ("refuses", 1, "triptych: Give a file."),
    ):
        ran = triptych("tools", command, **named)
        assert (ran.returncode, "Traceback" in ran.stderr) == (status, False), ran.stderr
        assert sentence in ran.stderr


def test_a_hook_that_fails_costs_its_own_plugin_only(start_app, tmp_path):
    flags = []
    for name, hook in BROKEN.items():
        source = f"""
            from pydantic import BaseModel

            from host import Command, Plugin, SettingsSection, hookimpl

            @hookimpl
            def register_plugins(register):
                register(Plugin(name="bad_{name}", title="Bad {name}", tab="bad_{name}:build"))

            @hookimpl
            """
        file = tmp_path / f"bad_{name}.py"
        file.write_text(textwrap.dedent(source) + hook + "\n\ndef build(backend):\n    pass\n")
        flags += ["--plugin", str(file)]
    names = ",".join(f"bad_{name}" for name in BROKEN)
    app = start_app("--plugin", HOOKED, *flags, "--only", f"hooked,{names}")
    page = app.wait_until_served()
    for sentence in SAYS.values():
        assert sentence in page
    client = app.client()
    assert client.predict(api_name="/hooked_greet") == "Hello"
    client.close()
    assert app.stop() == 0
    assert "the shutdown of plugin bad_shutdown failed" in app.log
