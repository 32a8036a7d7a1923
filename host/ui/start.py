"""The Start tab: what each plugin does, at one look."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import gradio as gr

from host.plugin import Plugin

ID = "start-tab"  # as no plugin can be called


def build(plugins: Sequence[Plugin], tabs: gr.Tabs) -> None:
    """Write a card for each plugin, whose button opens its tab.

    tabs: those that the plugins' tabs are in, each under its plugin's name.
    """
    with gr.Row(elem_classes="cards"):
        for plugin in plugins:
            with gr.Column(elem_classes="card", min_width=260):
                gr.HTML(_card(plugin))
                button = gr.Button(f"Open {plugin.title}", variant="primary")
                # In the browser alone: the server has nothing to decide.
                button.click(
                    None,
                    None,
                    tabs,
                    js=f"() => ({{__type__: 'update', selected: '{plugin.name}'}})",
                )


def _card(plugin: Plugin) -> str:
    cover = f"<img src='covers/{plugin.name}' alt='' loading='lazy'>" if plugin.cover else ""
    return f"{cover}<h2>{escape(plugin.title)}</h2><p>{escape(plugin.description)}</p>"
