"""The schedulers: how the noise is taken away step by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SCHEDULERS: dict[str, tuple[str, dict[str, Any]]] = {
    "DPM++ 2M Karras": ("DPMSolverMultistepScheduler", {"use_karras_sigmas": True}),
    "Euler": ("EulerDiscreteScheduler", {}),
    "Euler a": ("EulerAncestralDiscreteScheduler", {}),
    "UniPC": ("UniPCMultistepScheduler", {}),
    "DDIM": ("DDIMScheduler", {}),
    "DDPM": ("DDPMScheduler", {}),
    "PNDM": ("PNDMScheduler", {}),
    "LMS": ("LMSDiscreteScheduler", {}),
    "LCM": ("LCMScheduler", {}),
}
"""Name -> class of diffusers and what it changes of the model's own scheduler settings."""

DEFAULT_SCHEDULER = "DPM++ 2M Karras"


def build(name: str, config: Mapping[str, Any]) -> Any:
    """The scheduler ``name`` with a model's own settings (its betas, what it predicts ...)."""
    import diffusers

    class_name, changes = SCHEDULERS[name]
    return getattr(diffusers, class_name).from_config(config, **changes)
