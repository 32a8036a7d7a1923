"""The playground for programs: two events that stream frames as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import gradio as gr
import numpy as np

from host import UserError
from host.checks import whole
from plugins.gan.history import Evenly
from plugins.gan.playground import view
from plugins.gan.playground.settings import PlaySettings
from plugins.gan.playground.visit import POINTS, STEPS

_SLOWEST = 1_000  # steps that may come before slow motion


def build(backend: Any) -> None:
    """Register ``gan_play`` and ``gan_play_step`` with the page."""

    def gan_play(
        distribution: str = "ring",
        steps: int = 500,
        per_frame: int = 25,
        noise: str = "gaussian",
        noise_size: int = 2,
        layers_g: int = 2,
        neurons_g: int = 32,
        layers_d: int = 2,
        neurons_d: int = 32,
        activation: str = "relu",
        objective: str = "non-saturating",
        optimiser: str = "adam",
        rate_g: float = 5e-4,
        rate_d: float = 5e-3,
        updates_g: int = 1,
        updates_d: int = 2,
        batch: int = 128,
        seed: int = 0,
        points: str = "",
    ) -> Iterator[str]:
        """Play a GAN in the plane [-1, 1] x [-1, 1] and stream how it goes.

        Args:
            distribution: line, two gaussians, ring, disjoint, spiral, grid, or own (see points).
            steps: 1 to 5000.
            per_frame: steps from one frame to the next, 1 to 500.
            noise: gaussian or uniform.
            noise_size: 1 or 2 numbers.
            layers_g, layers_d: hidden layers, 1 to 4.
            neurons_g, neurons_d: of each layer, 2 to 128.
            activation: relu, leaky-relu, tanh or sigmoid.
            objective: non-saturating, hinge, wgan-gp, least-squares or bce.
            optimiser: adam or sgd.
            rate_g, rate_d: of learning.
            updates_g, updates_d: of each network in a step, 0 to 5.
            batch: 16 to 512.
            seed: 0 to 4294967295.
            points: for own, a JSON list of [x, y] pairs between -1 and 1.

        Returns:
            A frame as JSON: step, real, fake and gradient as x0, y0, x1, y1, ...; score_real and
            score_fake; heat, 40 x 40 from y = -1 up; manifold with rows x columns points, and
            density; loss_g, loss_d, value; kl, js, js_floor; modes_covered of modes; quality;
            and the curve so far.
        """
        count = whole("The number of steps", steps, 1, STEPS)
        settings = _settings(locals())
        curve: Evenly[view.Point] = Evenly(POINTS)
        with closing(backend.play(settings, None, count, per_frame, 0.0)) as frames:
            for frame in frames:
                curve.add(view.point(frame))
                yield view.frame_json(frame, curve.items(), settings.distribution)

    def gan_play_step(
        distribution: str = "ring",
        player: str = "both",
        steps_before: int = 0,
        objective: str = "non-saturating",
        rate_g: float = 5e-4,
        rate_d: float = 5e-3,
        updates_g: int = 1,
        updates_d: int = 2,
        batch: int = 128,
        seed: int = 0,
    ) -> Iterator[str]:
        """Go through one step of the game in slow motion.

        Args:
            distribution: line, two gaussians, ring, disjoint, spiral or grid.
            player: D, G, or both.
            steps_before: steps that are played first, 0 to 1000.
            objective, rate_g, rate_d, updates_g, updates_d, batch, seed: as for gan_play.

        Returns:
            For each sub-step a frame as of gan_play, with its phase and caption.
        """
        before = whole("The number of steps before", steps_before, 0, _SLOWEST)
        settings = _settings(locals())
        snapshot: bytes | None = None
        if before:
            with closing(backend.play(settings, None, before, before, 0.0)) as frames:
                for frame in frames:
                    snapshot = frame.snapshot
        with closing(backend.play_step(settings, snapshot, player)) as frames:
            for frame in frames:
                yield view.frame_json(frame, (), settings.distribution)

    gr.api(gan_play, api_name="gan_play")
    gr.api(gan_play_step, api_name="gan_play_step")


def _settings(given: dict[str, Any]) -> PlaySettings:
    """The arguments that are settings, checked. Raises UserError."""
    names = PlaySettings.__dataclass_fields__
    named = {name: value for name, value in given.items() if name in names and name != "points"}
    return PlaySettings(**named, points=_points(given.get("points", ""))).checked()


def _points(text: str) -> np.ndarray | None:
    if not text:
        return None
    try:
        return np.asarray(json.loads(text), np.float32)
    except (TypeError, ValueError, RecursionError) as error:
        raise UserError("The points must be a JSON list of [x, y] pairs.") from error
