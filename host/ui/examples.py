"""Examples that are there for whoever opens a tab."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from host.ui.components import ImageInput

# In the browser, at once: an answer of the server's could come after the visitor's own picture.
_PUT = """(...given) => {
  const paths = PATHS;
  const seen = (window.triptychExamples ??= new Set());
  if (seen.has(paths[0]) || given.some((each) => each)) return given;
  seen.add(paths[0]);
  const { root, api_prefix } = window.gradio_config;
  return paths.map((path) => ({
    path, url: `${root}${api_prefix}/file=${path}`, meta: { _type: 'gradio.FileData' },
  }));
}"""


def put_examples(opened: gr.Tab, pictures: Sequence[tuple[ImageInput, Path]]) -> Any:
    """Whoever opens a tab for the first time finds pictures of the plugin's own in it.

    Only where all of those inputs are still empty. First values would do harm: they would be those
    of API clients that send none.

    opened: the tab. pictures: inputs and the files that they show.

    Returns the event, for ``.then``.
    """
    inputs = [each for each, _ in pictures]
    # Gradio gives out only what is in its own folder.
    paths = [each.move_resource_to_block_cache(path) for each, path in pictures]
    js = _PUT.replace("PATHS", json.dumps(paths))
    return opened.select(None, inputs, inputs, js=js, api_visibility="private")
