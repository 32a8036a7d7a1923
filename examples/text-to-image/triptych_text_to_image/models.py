"""A folder of a diffusers model -> a pipeline in memory, without ever reading a pickle."""

from __future__ import annotations

import json
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from host import Device, UserError

from .hub import HALF, INDEX
from .options import Options
from .preview import Preview
from .torchvision_absent import diffusers

log = logging.getLogger(__name__)

SAFETY = "safety_checker"
_FAMILIES = {
    "StableDiffusionPipeline": ("StableDiffusionPipeline", "StableDiffusionImg2ImgPipeline"),
    "StableDiffusionXLPipeline": ("StableDiffusionXLPipeline", "StableDiffusionXLImg2ImgPipeline"),
}
"""What a model may say it is -> the classes that make pictures from words, and from a picture."""

_SHORT = 4e9  # bytes; a VAE needs about that much to decode 768 x 768 pixels in single precision


@dataclass
class Model:
    """A model in memory. Both pipelines share its networks."""

    name: str
    from_words: Any
    from_picture: Any
    preview: Preview
    dtype: torch.dtype
    scheduler_config: dict[str, Any]
    lora: str = ""

    @property
    def checked(self) -> bool:
        """Whether a safety checker looks at its pictures."""
        return getattr(self.from_words, SAFETY, None) is not None


def load(name: str, folder: Path, device: Device, options: Options) -> Model:
    """Load the model in ``folder``; takes seconds to minutes.

    Raises UserError for a folder that holds no model of these families, or pickled weights.
    """
    index = _index(name, folder)
    family = _FAMILIES.get(str(index.get("_class_name")))
    if family is None:
        raise UserError(
            f"{name} is no text-to-image model that works here (it says it is a "
            f"{index.get('_class_name')}); Stable Diffusion 1, 2 and XL do."
        )
    half = _check_weights(name, folder, index, options.safety_checker)
    if device.kind == "cuda":
        dtype = torch.float16
    else:
        # CPUs without instructions for bfloat16 emulate it, slowly: the operator's choice.
        dtype = torch.bfloat16 if options.cpu_bfloat16 else torch.float32
    extra = {} if options.safety_checker or SAFETY not in index else {SAFETY: None}
    words, picture = (getattr(diffusers, each) for each in family)
    try:
        pipe = words.from_pretrained(
            folder,
            dtype=dtype,
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,
            variant=HALF if half else None,
            **extra,
        )
    except (torch.OutOfMemoryError, MemoryError):
        raise
    except Exception as error:
        # Damaged files fail in any of a dozen libraries, each in its own way.
        log.warning("%s could not be loaded: %s", name, error)
        raise UserError(
            f"{name} could not be loaded: its files are incomplete, damaged or of another layout "
            f"({first_line(error)})."
        ) from error
    pipe.set_progress_bar_config(disable=True)
    pipe = pipe.to(device.torch)
    # Slicing attention saves nothing: PyTorch's own attention never holds the whole matrix.
    if _short_of_memory(device) if options.low_memory is None else options.low_memory:
        pipe.vae.enable_tiling()
    parts = dict(pipe.components)
    if SAFETY in parts:
        parts["requires_safety_checker"] = False
    other = picture(**parts)
    other.set_progress_bar_config(disable=True)
    config = dict(pipe.scheduler.config)
    return Model(name, pipe, other, Preview(pipe.vae), dtype, config)


def _index(name: str, folder: Path) -> dict[str, Any]:
    try:
        index = json.loads((folder / INDEX).read_text("utf-8"))
    except FileNotFoundError as error:
        raise UserError(
            f"{name} is no text-to-image model for diffusers: it has no {INDEX}."
        ) from error
    except (OSError, ValueError) as error:
        raise UserError(f"{name}: its {INDEX} cannot be read.") from error
    if not isinstance(index, dict):
        raise UserError(f"{name}: its {INDEX} is no JSON object.")
    return index


def _check_weights(name: str, folder: Path, index: dict[str, Any], safety_checker: bool) -> bool:
    """Raise UserError unless each network has safetensors; whether all have half precision only.

    diffusers refuses pickles too (``use_safetensors``), but not in words for a visitor.
    """
    half = False
    for part, of in index.items():
        if not isinstance(of, list) or None in of or (part == SAFETY and not safety_checker):
            continue
        sub = folder / part
        if not sub.is_dir():
            raise UserError(f"{name} is incomplete: it has no folder {part}.")
        here = {each.name for each in sub.iterdir()}
        if any(each.endswith(".safetensors") for each in here):
            half |= not any(each.endswith(".safetensors") and HALF not in each for each in here)
        elif pickled := [each for each in here if each.endswith((".bin", ".ckpt", ".pt", ".pth"))]:
            raise UserError(
                f"{name} has its {part} as a pickle ({min(pickled)}), which can run any program "
                "when it is read and is refused here; use a version with safetensors."
            )
    return half


def _short_of_memory(device: Device) -> bool:
    if device.kind == "cuda":
        return torch.cuda.mem_get_info()[0] < _SHORT
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") < _SHORT
    except (ValueError, OSError, AttributeError):  # not Linux
        return False


def first_line(error: Exception) -> str:
    """What a person reads of an error that may go on for pages."""
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
