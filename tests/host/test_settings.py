"""Where a setting comes from, and what a wrong one says."""

import re

import pytest
from serving import ROOT

from host.cli.flags import parser, settings_from
from host.settings import PluginSettings, Settings


@pytest.fixture
def spacefile(tmp_path, monkeypatch):
    file = tmp_path / "Spacefile"
    monkeypatch.setattr(Settings, "spacefile", file)
    return file


def test_flags_beat_environment_beats_spacefile_beats_defaults(spacefile, monkeypatch):
    assert settings_from([]).port == 7860
    spacefile.write_text("port: 1111\nemoji: x\nplugins:\n  face: {device: cpu, time_limit: 5}\n")
    assert settings_from([]).port == 1111
    monkeypatch.setenv("TRIPTYCH_PORT", "2222")
    monkeypatch.setenv("TRIPTYCH_PLUGINS__FACE__DEVICE", "cuda:1")
    assert settings_from([]).port == 2222
    face = settings_from([]).for_plugin("face")
    assert (face.device, face.time_limit) == (["cuda:1"], 5)
    settings = settings_from(["--port", "3333", "--device", "face=cuda:0,cuda:1"])
    assert settings.port == 3333
    assert settings.for_plugin("face").device == ["cuda:0", "cuda:1"]
    assert settings.for_plugin("face").time_limit == 5


def test_several_device_flags(spacefile):
    settings = settings_from("--device face=cpu --device style=cuda:0 --device gan=auto".split())
    devices = {name: settings.for_plugin(name).device for name in ("face", "style", "gan", "x")}
    assert devices == {"face": ["cpu"], "style": ["cuda:0"], "gan": ["auto"], "x": ["auto"]}


def test_a_device_flag_given_twice_names_two_devices(spacefile):
    settings = settings_from("--device gan=cuda:0 --device gan=cuda:1".split())
    assert settings.for_plugin("gan").device == ["cuda:0", "cuda:1"]


def test_an_empty_operator_token_is_no_token(spacefile, monkeypatch):
    monkeypatch.setenv("TRIPTYCH_OPERATOR_TOKEN", "")
    assert settings_from([]).operator_token is None


def test_a_space_says_where_to_listen(spacefile, monkeypatch):
    monkeypatch.setenv("GRADIO_SERVER_NAME", "0.0.0.0")
    monkeypatch.setenv("GRADIO_SERVER_PORT", "7861")
    settings = settings_from([])
    assert (settings.host, settings.port) == ("0.0.0.0", 7861)


def test_a_port_that_is_none_is_named(spacefile, monkeypatch, capsys):
    monkeypatch.setenv("GRADIO_SERVER_PORT", "http")
    with pytest.raises(SystemExit):
        settings_from([])
    assert "a setting is wrong (port: " in capsys.readouterr().err


def test_a_damaged_environment_is_not_blamed_on_the_spacefile(spacefile, monkeypatch, capsys):
    monkeypatch.setenv("TRIPTYCH_PLUGINS", "{bad")
    with pytest.raises(SystemExit):
        settings_from([])
    said = capsys.readouterr().err
    assert "plugins" in said
    assert "Spacefile is not" not in said


def test_lists_from_flags_and_environment(spacefile, monkeypatch):
    assert settings_from(["--only", "face, gan"]).only == ["face", "gan"]
    monkeypatch.setenv("TRIPTYCH_DISABLE", "style,gan")
    assert settings_from([]).disable == ["style", "gan"]
    assert settings_from(["--plugin", "a", "--plugin", "b/c"]).plugin == ["a", "b/c"]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--port", "99999"], "port"),
        (["--device", "face"], "not PLUGIN=VALUE"),
        (["--executor", "face=thread"], "plugins.face.executor"),
        (["--time-limit", "face=-1"], "plugins.face.time_limit"),
        (["--max-upload-mb", "0"], "max_upload_mb"),
        (["--max-upload-mb", "inf"], "max_upload_mb"),
    ],
)
def test_a_wrong_flag_is_named(spacefile, flags, said, capsys):
    with pytest.raises(SystemExit) as caught:
        settings_from(flags)
    assert caught.value.code == 2
    assert said in capsys.readouterr().err


def test_a_misspelt_key_of_a_plugin_in_the_spacefile_is_named(spacefile, capsys):
    spacefile.write_text("plugins:\n  face: {devcie: cpu}\n")
    with pytest.raises(SystemExit):
        settings_from([])
    assert "plugins.face.devcie" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["plugins: [a", "just text", "- a\n- b", "plugins: {face: [1]}"])
def test_a_damaged_spacefile_is_a_sentence(spacefile, text, capsys):
    spacefile.write_text(text)
    with pytest.raises(SystemExit) as caught:
        settings_from([])
    assert caught.value.code == 2
    assert re.search("Spacefile is not a YAML mapping|plugins.face", capsys.readouterr().err)


@pytest.mark.parametrize("text", ["", "plugins:", "plugins:\n  face:\n", "# only a comment"])
def test_an_empty_spacefile_or_key_means_the_defaults(spacefile, text):
    spacefile.write_text(text)
    assert settings_from([]).for_plugin("face").device == ["auto"]


def test_the_operators_token_is_never_printed(spacefile, monkeypatch):
    monkeypatch.setenv("TRIPTYCH_OPERATOR_TOKEN", "open sesame")
    assert "sesame" not in repr(settings_from([]))


def test_every_flag_is_a_setting():
    for action in parser()._actions:
        if action.dest in (
            "help",
            "device",
            "executor",
            "interpreter",
            "time_limit",
            "idle_unload",
            "memory_limit",
            "limit",
        ):
            continue
        assert action.dest in Settings.model_fields


@pytest.mark.parametrize("section", [Settings, PluginSettings])
def test_the_spacefiles_page_names_every_key(section):
    page = (ROOT / "docs" / "spacefile.md").read_text()
    keys = re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", page, re.MULTILINE)))
    assert set(section.model_fields) <= set(keys)
