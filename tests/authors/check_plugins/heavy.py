"""Finding it imports Gradio; building its tab imports SciPy into the web process."""

import gradio as gr

from host import Plugin, hookimpl


@hookimpl
def register_plugins(register):
    register(Plugin(name="heavy", title="Heavy", tab="heavy:build"))


def build(backend) -> None:
    import scipy

    def heavy_version() -> str:
        """Version of SciPy."""
        return scipy.__version__

    gr.Button().click(heavy_version, None, gr.Textbox(), api_name="heavy_version")
