"""A second plugin with a worker of its own, to see that it never notices what the first does."""

import gradio as gr

from host import Plugin, hookimpl


@hookimpl
def register_plugins(register):
    register(
        Plugin(
            name="neighbour",
            title="Neighbour",
            tab="neighbour_plugin:build",
            backend="demo_plugin:DemoBackend",
        )
    )


def build(backend):
    number = gr.Number(5)
    answer = gr.Textbox()

    def count(n: float):
        """Count to n, slowly."""
        for last in backend.count(int(n)):
            yield str(last)

    gr.Button("Count").click(count, number, answer, api_name="neighbour_count")
