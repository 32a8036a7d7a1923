"""Cheap previews: latents -> colours by a linear map, fitted to the model's own VAE.

Decoding takes the VAE longer than a step takes the U-Net. But the colours of a picture are very
nearly a linear function of its latents. The map is found once for each model by least squares
over pictures encoded by the VAE itself, so there is no table of numbers for some models only.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

log = logging.getLogger(__name__)

_PICTURES, _SIDE = 6, 64


class Preview:
    """Fits itself to ``vae`` (a diffusers AutoencoderKL) when made; takes well under a second."""

    def __init__(self, vae: Any) -> None:
        self._map: torch.Tensor | None = None
        try:
            found = _fit(vae)
        except (RuntimeError, AttributeError, ValueError) as error:
            log.warning("no previews: %s", error)
        else:
            # a VAE that overflows in half precision gives no numbers
            self._map = found if bool(torch.isfinite(found).all()) else None

    def __call__(self, latents: torch.Tensor) -> np.ndarray | None:
        """RGB uint8 (h, w, 3) of ``latents`` (1, C, h, w) as the pipeline scales them, or None."""
        if self._map is None or latents.ndim != 4 or latents.shape[1] + 1 != len(self._map):
            return None
        cells = latents[0].detach().to("cpu", torch.float32).permute(1, 2, 0)
        return _colours(cells, self._map).mul(255).round().to(torch.uint8).numpy()


@torch.inference_mode()
def _fit(vae: Any) -> torch.Tensor:
    """(C + 1, 3): what each latent channel adds to red, green and blue in 0..1; last the bias."""
    pictures = _pictures()
    with _single_precision(vae):
        latents = vae.encode((pictures * 2 - 1).to(vae.device, vae.dtype)).latent_dist.mode()
    latents = (latents.float() * vae.config.scaling_factor).cpu()
    small = torch.nn.functional.adaptive_avg_pool2d(pictures, latents.shape[2:])
    inputs = latents.permute(0, 2, 3, 1).flatten(0, 2)
    inputs = torch.cat([inputs, torch.ones(len(inputs), 1)], dim=1)
    return torch.linalg.lstsq(inputs, small.permute(0, 2, 3, 1).flatten(0, 2)).solution


def _pictures() -> torch.Tensor:
    """Smooth random colours, (N, 3, H, W) in 0..1; always the same."""
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(_PICTURES, 3, 5, 5, generator=generator)
    return torch.nn.functional.interpolate(
        coarse, size=_SIDE, mode="bicubic", align_corners=True
    ).clamp(0, 1)


@contextlib.contextmanager
def _single_precision(vae: Any) -> Iterator[None]:
    """SDXL's VAE overflows in float16, and says so in ``force_upcast``."""
    if vae.dtype != torch.float16 or not getattr(vae.config, "force_upcast", False):
        yield
        return
    vae.to(torch.float32)
    try:
        yield
    finally:
        vae.to(torch.float16)


def _colours(cells: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    return (cells @ weights[:-1] + weights[-1]).nan_to_num(0.5).clamp(0, 1)
