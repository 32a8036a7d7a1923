"""What a draughtsman sees in a photo before the first stroke: tones, edges, directions."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Study:
    """All float32 of one shape (H, W) unless said otherwise.

    colour: the photo, RGB 0..1, (H, W, 3).
    tones: how dark each place is to become, 0..1.
    bright: how colourful each place is, 0..1: yellow is light, and yet not white.
    lines: how strong an outline each place is to carry, 0..1.
    along: unit vectors (H, W, 2), x before y, along the edge nearby.
    certain: 0..1, how clear that direction is.
    """

    colour: np.ndarray
    tones: np.ndarray
    bright: np.ndarray
    lines: np.ndarray
    along: np.ndarray
    certain: np.ndarray


def study(picture: np.ndarray, long_side: int) -> Study:
    """Look at ``picture``, RGB uint8 (H, W, 3), scaled to ``long_side`` pixels."""
    picture = _scaled(picture, long_side)
    scale = max(picture.shape[:2]) / 900
    colour = picture.astype(np.float32) / 255
    smooth = cv2.bilateralFilter(picture, 7, 40, 5 * scale + 1)
    grey = cv2.cvtColor(smooth, cv2.COLOR_RGB2GRAY)
    contrast = cv2.createCLAHE(2.0, (4, 4)).apply(grey)
    light = (0.5 * grey + 0.5 * contrast).astype(np.float32) / 255
    along, certain = _directions(grey.astype(np.float32) / 255, 3.0 * scale + 0.5)
    vivid = smooth.max(2).astype(np.float32) - smooth.min(2)
    return Study(colour, _tones(light), vivid / 255, _lines(grey, scale), along, certain)


def _scaled(picture: np.ndarray, long_side: int) -> np.ndarray:
    height, width = picture.shape[:2]
    scale = long_side / max(height, width)
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.ascontiguousarray(cv2.resize(picture, size, interpolation=how))


def _tones(light: np.ndarray) -> np.ndarray:
    """Stretched to the whole range, with the highlights left to the paper."""
    low, high = np.percentile(light, (1, 97))
    if high - low < 0.02:  # one flat tone: nothing to stretch
        return 1 - light
    return np.clip(1 - (light - low) / (high - low), 0, 1).astype(np.float32) ** 1.15


def _lines(grey: np.ndarray, scale: float) -> np.ndarray:
    """Thresholded difference of two Gaussians: dark where a line would be drawn."""
    values = grey.astype(np.float32) / 255
    lines = np.zeros_like(values)
    for sigma, weight in ((1.0 * scale + 0.3, 1.0), (2.4 * scale + 0.3, 0.8)):
        narrow = cv2.GaussianBlur(values, (0, 0), sigma)
        wide = cv2.GaussianBlur(values, (0, 0), 1.6 * sigma)
        lines = np.maximum(lines, weight * np.clip(-18 * (narrow - wide) - 0.12, 0, 1))
    return lines


def _directions(light: np.ndarray, sigma: float) -> tuple[np.ndarray, np.ndarray]:
    """The structure tensor's minor eigenvector, and how much smaller its eigenvalue is."""
    dx = cv2.Scharr(light, cv2.CV_32F, 1, 0)
    dy = cv2.Scharr(light, cv2.CV_32F, 0, 1)
    xx, yy, xy = (cv2.GaussianBlur(p, (0, 0), sigma) for p in (dx * dx, dy * dy, dx * dy))
    angle = 0.5 * np.arctan2(2 * xy, xx - yy) + np.pi / 2
    spread = np.sqrt((xx - yy) ** 2 + 4 * xy**2)
    certain = (spread / (xx + yy + 1e-3)) * np.clip(np.sqrt(xx + yy) * 2, 0, 1)
    along = np.stack([np.cos(angle), np.sin(angle)], axis=-1).astype(np.float32)
    return along, certain.astype(np.float32)
