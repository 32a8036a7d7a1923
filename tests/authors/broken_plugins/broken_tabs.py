"""Tabs that cannot be built, and a plugin for another Triptych."""

import gradio as gr

from host import Plugin, hookimpl


@hookimpl
def register_plugins(register):
    register(Plugin(name="raising_tab", title="Raising tab", tab="broken_tabs:fail"))
    register(Plugin(name="hanging_tab", title="Hanging tab", tab="broken_tabs:hang"))
    register(Plugin(name="future", title="Future", tab="broken_tabs:fail", api_version=99))


def fail(backend):
    gr.Button("Half a tab")
    raise RuntimeError("no tab today")


def hang(backend):
    gr.Button("Half a tab")
    while True:
        pass
