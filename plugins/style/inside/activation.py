"""What excites a filter: a picture grown for it, and the visitor's own patches it answers to."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

from plugins.style.inside.drawing import TILE, sheet
from plugins.style.inside.reading import (
    channel_of,
    described,
    features,
    looked_at,
    maps_of,
)
from plugins.style.inside.relu import before_relu
from plugins.style.inside.results import ExciteStep, Patches
from plugins.style.networks import Network
from plugins.style.pictures import as_uint8

SIDE = 160  # pixels of the picture that grows
_RATE = 0.06  # Adam's, in units of the spectrum
_SHOW_EVERY = 0.4  # seconds between two pictures
# Opponent axes of Ohta, Kanade, Sakai 1980: brightness, red against blue, green against both.
# Their spread in photographs falls in this order, so a step changes brightness most.
_AXES = np.array([[1, 1, 1], [1, 0, -1], [-0.5, 1, -0.5]], np.float32)
_SPREAD = np.array([0.6, 0.25, 0.12], np.float32)
_HEAT = np.array([220, 38, 38], np.float32)


def excite(
    network: Network, layer: str, channel: int, steps: int, seed: int, device: str | None = None
) -> Iterator[ExciteStep]:
    """Grow a picture from faint noise until it excites one channel as much as it can.

    Activation maximisation (Erhan, Bengio, Courville, Vincent 2009): climb the channel's mean over
    its map. Free pixels would become noise to us, so the picture is a sum of waves, the long ones
    first, in nearly uncorrelated colours, and is shifted at random before each look (Olah,
    Mordvintsev, Schubert 2017, "Feature Visualization"). Yields step 0 and each step.
    """
    name = network.layer_named(layer)
    model = network.features(name)
    channel = channel_of(channel, int(model.outputs[0].shape[-1]))
    where = described(network, name, _shape(model))
    rng = np.random.default_rng(seed)
    before = before_relu(model)
    with tf.device(device):
        spectrum = tf.Variable(_noise(rng, 0.01))
    adam = _Adam(spectrum)

    def look(shift: list[int]) -> tuple[float, np.ndarray]:
        mean, gradient = climb(lambda picture: maps_of(model, picture)[0], shift)
        if not gradient.any():  # nowhere does the channel fire: climb what its ReLU cuts off
            _, gradient = climb(before, shift)
        return mean, gradient

    def climb(seen: Callable[[tf.Tensor], tf.Tensor], shift: list[int]) -> tuple[float, np.ndarray]:
        with tf.device(device), tf.GradientTape() as tape:
            shifted = tf.roll(_painted(spectrum), shift, (0, 1))
            mean = tf.reduce_mean(seen(shifted[None])[..., channel])
            return float(mean), tape.gradient(mean, spectrum).numpy()

    shown = 0.0
    for step in range(steps + 1):
        reach = max(4, min(where.stride, SIDE // 4))
        value, gradient = look(rng.integers(-reach, reach + 1, 2).tolist())
        now = time.monotonic()
        picture = None
        if now - shown >= _SHOW_EVERY or step in (0, steps):
            shown = now
            picture = as_uint8(_painted(spectrum).numpy())
        yield ExciteStep(where, channel, step, steps, picture, value)
        if step < steps:
            adam.climb(gradient)


def patches(
    network: Network,
    picture: np.ndarray | None,
    layer: str,
    channel: int,
    count: int = 9,
    device: str | None = None,
) -> Patches:
    """The ``count`` patches of ``picture``, RGB uint8 (H, W, 3), that excite a channel most.

    A patch is what one position sees, at most a third of the picture; no two overlap by more than
    half. Raises UserError for a picture, layer or channel that cannot be shown.
    """
    name = network.layer_named(layer)
    picture = looked_at(picture)
    (maps,) = features(network, [name], picture, device)
    one = maps[..., channel_of(channel, maps.shape[-1])]
    where = described(network, name, maps.shape)
    height, width = picture.shape[:2]
    side = max(8, min(where.receptive_field, max(height, width) // 3))
    tiles: list[np.ndarray] = []
    values: list[float] = []
    centres: list[tuple[float, float]] = []
    rest = one.copy()
    rows, columns = (np.arange(n) for n in one.shape)
    while len(tiles) < count and rest.max() > 0:
        i, j = (int(x) for x in np.unravel_index(int(rest.argmax()), rest.shape))
        y, x = (i + 0.5) / one.shape[0], (j + 0.5) / one.shape[1]
        values.append(float(one[i, j]))
        centres.append((x, y))
        tiles.append(_cut(picture, x * width, y * height, side))
        near_y = np.abs((rows + 0.5) / one.shape[0] - y) * height < side / 2
        near_x = np.abs((columns + 0.5) / one.shape[1] - x) * width < side / 2
        rest[np.ix_(near_y, near_x)] = 0.0
    return Patches(
        layer=where,
        channel=int(channel),
        sheet=sheet(tiles, [f"{value:.2f}" for value in values]),
        heat=_lit(picture, one),
        activations=tuple(values),
        centres=tuple(centres),
        mean=float(one.mean()),
    )


def _shape(model: keras.Model) -> tuple[int, ...]:
    """Of the feature map of the picture that grows."""
    return tuple(model.compute_output_shape((1, SIDE, SIDE, 3))[0][1:])


class _Adam:
    """Kingma and Ba 2015, uphill, on one variable."""

    def __init__(self, variable: tf.Variable) -> None:
        self._variable, self._count = variable, 0
        self._first = np.zeros(variable.shape, np.float32)
        self._second = np.zeros(variable.shape, np.float32)

    def climb(self, slope: np.ndarray) -> None:
        slope = slope / (np.sqrt((slope**2).mean()) + 1e-20)  # layers differ by magnitudes
        self._count += 1
        self._first += 0.1 * (slope - self._first)
        self._second += 0.01 * (slope**2 - self._second)
        first = self._first / (1 - 0.9**self._count)
        second = self._second / (1 - 0.99**self._count)
        self._variable.assign_add(_RATE * first / (np.sqrt(second) + 1e-8))


def _noise(rng: np.random.Generator, size: float) -> np.ndarray:
    return rng.normal(0, size, (2, 3, SIDE, SIDE // 2 + 1)).astype(np.float32)


def _painted(spectrum: tf.Tensor) -> tf.Tensor:
    """The picture (S, S, 3), 0..255, of real and imaginary waves (2, 3, S, S // 2 + 1)."""
    frequency = np.hypot(np.fft.fftfreq(SIDE)[:, None], np.fft.rfftfreq(SIDE)[None])
    scale = (1 / np.maximum(frequency, 1 / SIDE)).astype(np.float32)  # as in photographs
    waves = tf.complex(spectrum[0] * scale, spectrum[1] * scale)
    planes = tf.signal.irfft2d(waves, [SIDE, SIDE]) * SIDE / 4
    colours = tf.einsum("ahw,ac->hwc", planes, tf.constant(_AXES * _SPREAD[:, None]))
    return 255.0 * tf.sigmoid(colours)


def _cut(picture: np.ndarray, x: float, y: float, side: int) -> np.ndarray:
    """A square of ``picture`` about (x, y), moved inside where it would stick out."""
    height, width = picture.shape[:2]
    across, down = min(side, width), min(side, height)
    left = int(np.clip(round(x - across / 2), 0, width - across))
    top = int(np.clip(round(y - down / 2), 0, height - down))
    tile = Image.fromarray(picture[top : top + down, left : left + across])
    return np.asarray(tile.resize((TILE, TILE), Image.Resampling.NEAREST))


def _lit(picture: np.ndarray, one: np.ndarray) -> np.ndarray:
    """``picture`` darkened and greyed, red where the map (h, w) is large."""
    height, width = picture.shape[:2]
    share = Image.fromarray((one / max(float(one.max()), 1e-12)).astype(np.float32))
    heat = np.asarray(share.resize((width, height), Image.Resampling.BILINEAR))[..., None]
    grey = picture.mean(-1, keepdims=True) * 0.6 + 60
    return as_uint8(grey * (1 - 0.75 * heat) + _HEAT * 0.75 * heat)
