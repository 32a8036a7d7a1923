"""A plugin whose tab raises when it is half built."""

import gradio as gr

from host import Plugin, hookimpl


@hookimpl
def register_plugins(register):
    register(Plugin(name="broken_tab", title="Broken tab", tab="broken_tab:build"))


def build(backend):
    gr.Markdown("half of a tab")
    raise RuntimeError("no such <widget>")
