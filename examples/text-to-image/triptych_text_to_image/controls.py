"""What a visitor chooses, in the order of the event's arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from host.ui import ImageInput

from .options import Options
from .request import MAX_PROMPT, MIN_SIDE
from .schedulers import DEFAULT_SCHEDULER, SCHEDULERS


class Controls:
    """Writes the prompts when made, and the others with :meth:`add_others`."""

    def __init__(self) -> None:
        self.prompt = gr.Textbox(
            label="Prompt", placeholder="a lighthouse at dusk, oil painting", max_length=MAX_PROMPT
        )
        self._named: dict[str, Any] = {"prompt": self.prompt}
        self._named["negative_prompt"] = gr.Textbox(
            "", label="Not in the picture", max_length=MAX_PROMPT
        )

    def add_others(self, options: Options) -> None:
        side = min(512, options.max_side // 8 * 8)
        sides = {"minimum": MIN_SIDE, "maximum": options.max_side, "step": 8, "value": side}
        add = self._named.__setitem__
        with gr.Accordion("Start from a picture", open=False):
            add("picture", ImageInput(label="Picture (its middle is used)", height=200))
            add("strength", gr.Slider(0, 1, 0.6, step=0.05, label="How much of it changes"))
        with gr.Accordion("Model", open=False):
            add(
                "model",
                gr.Dropdown(
                    options.choices,
                    value=options.default_model,
                    label="Model",
                    allow_custom_value=options.any,
                    info="Or the id of a hub model, OWNER/NAME." if options.any else None,
                ),
            )
            add(
                "lora",
                gr.Dropdown(
                    [("none", ""), *((name, name) for name in options.loras)],
                    value="",
                    label="LoRA",
                    allow_custom_value=options.any,
                ),
            )
            add("lora_weight", gr.Slider(-2, 2, 1, step=0.05, label="Weight of the LoRA"))
        with gr.Accordion("Settings", open=False):
            add(
                "scheduler",
                gr.Dropdown(list(SCHEDULERS), value=DEFAULT_SCHEDULER, label="Scheduler"),
            )
            steps = min(25, options.max_steps)
            add("steps", gr.Slider(1, options.max_steps, steps, step=1, label="Steps"))
            add("guidance", gr.Slider(0, 30, 7, step=0.5, label="Guidance"))
            with gr.Row():
                add("width", gr.Slider(label="Width", **sides))
                add("height", gr.Slider(label="Height", **sides))
            with gr.Row():
                add("seed", gr.Number(-1, label="Seed (-1: random)", precision=0))
                most = options.max_count
                add("count", gr.Number(1, label="Pictures", precision=0, minimum=1, maximum=most))

    def components(self) -> list[Any]:
        return list(self._named.values())

    def values(self, settings: Mapping[str, str]) -> list[Any]:
        """What each component shall show for a picture's ``settings``; others stay as they are."""
        numbers = {
            name for name, each in self._named.items() if isinstance(each, gr.Slider | gr.Number)
        }
        # a picture made without a LoRA must not be made again with one
        settings = {"lora": "", "count": "1", **settings}
        return [
            (float(settings[name]) if name in numbers else settings[name])
            if name in settings
            else gr.skip()
            for name in self._named
        ]
