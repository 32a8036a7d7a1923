"""A plugin whose backend cannot be built."""

import gradio as gr

from host import Plugin, hookimpl


@hookimpl
def register_plugins(register):
    register(
        Plugin(
            name="broken_backend",
            title="Broken backend",
            tab="broken_backend:build",
            backend="fixture_backends:NeverStarts",
        )
    )


def build(backend):
    button = gr.Button("Go")
    button.click(lambda: backend.go(), None, None, api_name="broken_backend_go")
