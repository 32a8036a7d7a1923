"""Inside the network: a page for each thing to be seen there."""

from __future__ import annotations

from typing import Any

import gradio as gr

from plugins.style.inside import (
    activation_tab,
    feature_maps_tab,
    gram_tab,
    rearranged_tab,
    reconstruction_tab,
    source,
    words,
)

PAGES = (
    ("Feature maps", feature_maps_tab),
    ("What excites a filter", activation_tab),
    ("Gram matrix", gram_tab),
    ("Reconstruction", reconstruction_tab),
    ("Same style, other content", rearranged_tab),
)


def build(backend: Any) -> None:
    """Write the components; ``backend`` is the proxy of a StyleBackend."""
    gr.Markdown(words.ABOUT)
    looked_at = source.write(backend)
    with gr.Tabs():
        for title, page in PAGES:
            with gr.Tab(title):
                page.build(backend, looked_at)
