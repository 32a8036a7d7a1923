"""The tab (web process): no framework here, only Gradio and the backend's proxy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr
import numpy as np
from gradio.processing_utils import save_bytes_to_cache

from host.ui import WorkerError

from . import view
from .controls import Controls
from .options import Options
from .png import made_png, read_settings
from .request import Request
from .results import Made, Step

_NOTICE = """\
The pictures come from a network that learned from pictures of the internet: they can be wrong, \
unfair or offensive, and they show nothing that happened. Do not make pictures of real people \
without their leave, and say that a picture is generated where you show it. A model's licence may \
forbid some uses; its page on the hub tells.
"""


def build(backend: Any) -> None:
    """Write the tab's components."""
    options = Options(**backend.settings)
    with gr.Row():
        with gr.Column():
            controls = Controls()
            with gr.Row():
                run = gr.Button("Generate", variant="primary")
                stop = gr.Button("Stop")
            controls.add_others(options)
        with gr.Column():
            preview = gr.Image(label="The picture being made", interactive=False, height=320)
            status = gr.Markdown("Describe a picture, then press Generate.")
            gallery = gr.Gallery(
                label="Results; each file knows how it was made", object_fit="contain", height=420
            )
            earlier = gr.File(
                label="Take the settings of a picture made here",
                file_types=[".png"],
                type="binary",
                height=120,
            )
    gr.Markdown(f"<small>{_NOTICE}{view.checker_words(options)}</small>")

    def text_to_image_generate(
        prompt: str,
        negative_prompt: str = "",
        picture: np.ndarray | None = None,
        strength: float = 0.6,
        model: str = "",
        lora: str = "",
        lora_weight: float = 1.0,
        scheduler: str = "DPM++ 2M Karras",
        steps: float = 25,
        guidance: float = 7.0,
        width: float = 512,
        height: float = 512,
        seed: float = -1,
        count: float = 1,
    ) -> Iterator[tuple[Any, Any, str]]:
        """Make pictures from words, and from a picture if one is given.

        Streams the picture being made, the finished pictures (PNG files with their settings
        inside, and a caption) and a line of status.

        prompt, negative_prompt: what to show, and what not. picture: to start from; strength is
        how much of it changes, 0 to 1. model, lora: as offered in the tab; "" for the default one
        and for none. steps: more take longer. guidance: how closely to follow the prompt, 0 to
        30. width, height: multiples of 8. seed: -1 for a random one; the same gives the same
        picture. count: how many, each with the next seed.
        """
        request = Request(
            prompt=prompt,
            negative_prompt=negative_prompt,
            model=model or "",
            lora=lora or "",
            lora_weight=lora_weight,
            scheduler=scheduler,
            steps=steps,  # type: ignore[arg-type]  # 25.0; checked() makes it 25
            guidance=guidance,
            width=width,  # type: ignore[arg-type]
            height=height,  # type: ignore[arg-type]
            seed=seed,  # type: ignore[arg-type]
            count=count,  # type: ignore[arg-type]
            strength=strength,
        ).checked(options, picture is not None)
        made: list[tuple[str, str]] = []
        news = None
        try:
            for news in backend.generate(request, picture):
                if isinstance(news, Made):
                    if not news.blocked:
                        file = made_png(news.picture, news.settings)
                        name = f"{news.settings['seed']}.png"
                        path = save_bytes_to_cache(file, name, gallery.GRADIO_CACHE)
                        made.append((path, f"seed {news.settings['seed']}"))
                    # a blocked picture's preview must not stay
                    shown = None if news.blocked else news.picture
                    yield shown, made, view.words(news)
                elif isinstance(news, Step) and news.preview is not None:
                    yield view.enlarged(news.preview), gr.skip(), view.words(news)
                else:
                    yield gr.skip(), gr.skip(), view.words(news)
        except WorkerError as error:
            if not made:
                raise
            yield None, made, f"{error} The pictures finished before that are kept."
            return
        if not (isinstance(news, Made) and news.number == request.count):
            yield None, made, f"Stopped; {len(made)} of {request.count} pictures are finished."

    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    gr.on(
        [run.click, controls.prompt.submit],
        text_to_image_generate,
        controls.components(),
        [preview, gallery, status],
        api_name="text_to_image_generate",
        show_progress="minimal",
    )
    stop.click(lambda: backend.cancel("generate"), None, None, queue=False, **quiet)
    earlier.upload(
        lambda data: controls.values(read_settings(data)), earlier, controls.components(), **quiet
    )
