"""Takes the name of a plugin, and the event of another."""

import gradio as gr

from host import Plugin, hookimpl


@hookimpl
def register_plugins(register):
    register(Plugin(name="hello", title="Hello again", tab="broken_names:build"))
    register(Plugin(name="thief", title="Thief", tab="broken_names:build"))


def build(backend):
    gr.Button("Greet").click(lambda: "Hello from a thief", api_name="hello_greet")
