"""A third-party plugin that uses every hook."""

import os
from pathlib import Path

import gradio as gr
from pydantic import BaseModel, Field

from host import Command, Plugin, SettingsSection, hookimpl
from host.weights import WeightFile

CSS = Path(__file__).with_suffix(".css")


class Options(BaseModel, extra="forbid"):
    greeting: str = Field(default="Hello", description="what it says")
    times: int = Field(default=1, ge=1)


@hookimpl
def register_plugins(register):
    register(
        Plugin(
            name="hooked",
            title="Hooked",
            tab="hooked_plugin:build",
            backend="hooked_plugin:Backend",
        )
    )


@hookimpl
def register_settings(register):
    register(SettingsSection("hooked", Options))


@hookimpl
def register_commands(register):
    register(Command("hooked", "greet", "hooked_plugin:main", "say hello"))


@hookimpl
def register_weights(register):
    register(
        WeightFile("hooked.h5", "http://127.0.0.1:9/hooked.h5", "md5:" + "0" * 32, 10, "none", "me")
    )


@hookimpl
def register_css(register):
    register(CSS)


@hookimpl
def startup(plugin, backend):
    _note(f"{plugin} starts with {backend.settings['greeting']}")


@hookimpl
def shutdown(backend):
    # A worker that was not there yet could take longer to start than the hook may.
    alone = os.environ.get("HOOKED_ENDS_ALONE")
    _note(f"ends: {backend.settings['greeting'] if alone else backend.greet()}")


@hookimpl
def health_lines(plugin):
    return {"mood": f"{plugin} is well"}


def _note(text):
    if "HOOKED_NOTES" in os.environ:
        with Path(os.environ["HOOKED_NOTES"]).open("a") as notes:
            notes.write(text + "\n")


def main(arguments):
    print("greeting", *arguments)
    return 3


class Backend:
    def __init__(self, context):
        self._settings = context.settings

    def greet(self) -> str:
        return self._settings["greeting"] * self._settings["times"]


def build(backend):
    answer = gr.Textbox(label="Answer")

    def greet() -> str:
        """Greet."""
        return backend.greet()

    gr.Button("Greet").click(greet, None, answer, api_name="hooked_greet")
