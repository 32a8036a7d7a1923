"""One picture after another, in the background thread."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch
from PIL import Image

from .background import Outlet
from .models import SAFETY, Model
from .request import Request
from .results import Made, Step
from .schedulers import build
from .stopping import stoppable


def generate(
    model: Model, request: Request, picture: np.ndarray | None, previews: bool, outlet: Outlet
) -> None:
    """Tell :class:`Step` for each step and :class:`Made` for each picture.

    request: checked. picture: RGB uint8 (H, W, 3), to start from, or None.
    """
    pipe = model.from_words if picture is None else model.from_picture
    clock = _Clock(request.count)
    inputs = _inputs(pipe, request, picture)
    for number in range(1, request.count + 1):
        began = time.monotonic()
        pipe.scheduler = build(request.scheduler, model.scheduler_config)
        seed = (request.seed or 0) + number - 1

        def on_step_end(pipe: Any, step: int, _: Any, tensors: dict[str, Any]) -> dict[str, Any]:
            left = clock.step(step + 1, pipe.num_timesteps)
            preview = model.preview(tensors["latents"]) if previews else None
            outlet.tell(Step(number, request.count, step + 1, pipe.num_timesteps, left, preview))  # noqa: B023
            return tensors

        # Generated on the CPU, so that a seed means the same noise on every device.
        generator = torch.Generator().manual_seed(seed)
        with stoppable(pipe, outlet.check), torch.inference_mode():
            outlet.tell(Step(number, request.count, 0, request.steps))
            output = pipe(
                **inputs,
                generator=generator,
                callback_on_step_end=on_step_end,
                output_type="np",
            )
        clock.picture()
        outlet.tell(
            Made(
                number,
                request.count,
                (output.images[0] * 255).round().astype(np.uint8),
                described(request, model, seed, picture),
                bool((getattr(output, "nsfw_content_detected", None) or [False])[0]),
                time.monotonic() - began,
            )
        )


def _inputs(pipe: Any, request: Request, picture: np.ndarray | None) -> dict[str, Any]:
    inputs: dict[str, Any] = {
        "prompt": request.prompt,
        "negative_prompt": request.negative_prompt or None,
        "num_inference_steps": request.steps,
        "guidance_scale": request.guidance,
    }
    if picture is None:
        return {**inputs, "width": request.width, "height": request.height}
    return {**inputs, "image": _filled(picture, request), "strength": request.strength}


def _filled(picture: np.ndarray, request: Request) -> Image.Image:
    """The middle of ``picture`` in the size asked for: scaled until it covers it, then cut."""
    size = (request.width, request.height)
    scale = max(size[0] / picture.shape[1], size[1] / picture.shape[0])
    wide, high = size[0] / scale, size[1] / scale
    left, top = (picture.shape[1] - wide) / 2, (picture.shape[0] - high) / 2
    return Image.fromarray(picture).resize(
        size, Image.Resampling.LANCZOS, box=(left, top, left + wide, top + high)
    )


def described(
    request: Request, model: Model, seed: int, picture: np.ndarray | None
) -> dict[str, str]:
    """What it takes to make this picture again, for its file."""
    settings = {
        "prompt": request.prompt,
        "negative_prompt": request.negative_prompt,
        "model": request.model,
        "scheduler": request.scheduler,
        "steps": f"{request.steps}",
        "guidance": f"{request.guidance:g}",
        "width": f"{request.width}",
        "height": f"{request.height}",
        "seed": f"{seed}",
        "precision": str(model.dtype).removeprefix("torch."),
        SAFETY: "on" if model.checked else "none",
    }
    if request.lora:
        settings |= {"lora": request.lora, "lora_weight": f"{request.lora_weight:g}"}
    if picture is not None:
        settings |= {"strength": f"{request.strength:g}", "from_picture": "yes"}
    return settings


class _Clock:
    """Guesses how long the rest takes: as long a step as the steps so far."""

    def __init__(self, count: int) -> None:
        self._count, self._pictures = count, 0
        self._began = time.monotonic()

    def step(self, step: int, steps: int) -> float:
        """Seconds left after ``step`` of ``steps`` of the current picture."""
        done = self._pictures + step / steps
        return (time.monotonic() - self._began) / done * (self._count - done)

    def picture(self) -> None:
        self._pictures += 1
