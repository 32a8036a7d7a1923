"""Examples: pictures to choose, and those that are there for whoever opens a tab."""

from __future__ import annotations

import importlib.util
import inspect
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from host.ui.components import QUIET, ImageInput

PHOTO_CREDITS = (
    "[china](https://www.flickr.com/photos/danielbuechele/6061409035/) by danielbuechele and "
    "[flower](https://www.flickr.com/photos/vultilion/6056698931/) by vultilion, "
    "[CC BY 2.0](https://creativecommons.org/licenses/by/2.0/), from scikit-learn."
)
"""Whose the photos of :func:`photos` are, in Markdown."""

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


def photos() -> list[Path]:
    """The two photos in scikit-learn's package, found without importing it; none without it."""
    spec = importlib.util.find_spec("sklearn")
    if spec is None or not spec.submodule_search_locations:
        return []
    folder = Path(next(iter(spec.submodule_search_locations))) / "datasets" / "images"
    return [path for name in ("china.jpg", "flower.jpg") if (path := folder / name).is_file()]


def offer_examples(
    paths: Sequence[Path], picture: ImageInput, label: str = "Or take one of these"
) -> list[Any]:
    """Pictures to choose with one press; nothing where there are none.

    Returns the events of a choice, for ``gr.on``.
    """
    if not paths:
        return []
    names = [str(path) for path in paths]
    return [gr.Examples(names, picture, label=label, api_visibility="private").dataset.click]


def put_examples(
    opened: gr.Tab,
    pictures: Sequence[tuple[ImageInput, Path]],
    answer: Callable[..., Any] | None = None,
    inputs: Sequence[Any] = (),
    outputs: Sequence[Any] = (),
    ended_by: Sequence[Any] = (),
    **more: Any,
) -> Any:
    """Whoever opens a tab for the first time finds pictures of the plugin's own in it.

    Only where all of those inputs are still empty. First values would do harm: they would be those
    of API clients that send none.

    opened: the tab.
    pictures: inputs and the files that they show.
    answer: what then happens to them, an event's function; called once, with those inputs' pictures
        and the values of ``inputs``.
    outputs: of ``answer``.
    ended_by: triggers of the visitor's own, which end the answer.
    more: of the answer's event.

    Returns the last event, for ``.then``.
    """
    shown = [each for each, _ in pictures]
    # Gradio gives out only what is in its own folder.
    paths = [each.move_resource_to_block_cache(path) for each, path in pictures]
    js = _PUT.replace("PATHS", json.dumps(paths))
    put = opened.select(None, shown, shown, js=js, api_visibility="private")
    if answer is None:
        return put

    def once(answered: bool, *values: Any) -> Iterator[tuple[Any, ...]]:
        if answered or any(value is None for value in values[: len(shown)]):
            yield (True, *[gr.skip()] * len(outputs))
            return
        streams = inspect.isgeneratorfunction(answer)
        for step in answer(*values) if streams else [answer(*values)]:
            yield (True, step) if len(outputs) == 1 else (True, *step)

    answered = gr.State(False)
    of_event = {"api_visibility": "private", **more}
    event = put.then(once, [answered, *shown, *inputs], [answered, *outputs], **of_event)
    if ended_by:
        gr.on(list(ended_by), None, None, cancels=event, **QUIET)
    return event
