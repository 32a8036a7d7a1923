"""A game looked at from outside: all that a frame shows, with the game left as it is."""

from __future__ import annotations

import numpy as np
import torch
from scipy.spatial import cKDTree
from scipy.special import ndtri
from torch import Tensor

from host import UserError
from plugins.gan.playground import density, snapshot
from plugins.gan.playground.distributions import modes, sample
from plugins.gan.playground.game import Game, noise
from plugins.gan.playground.results import LIMIT, Frame
from plugins.gan.playground.settings import PlaySettings

SHOWN = 250
HEAT = 40
MANIFOLD = 21
"""Lines of the grid of latents each way."""
CURVE = 101
"""Points along the line of latents when the noise is one number."""
_EDGE = 0.005
"""Share of the latents beyond the grid on each side: a Gaussian has no outermost line."""


class Look:
    """What stays the same from frame to frame: the points and latents shown, the real density.

    It follows from the settings alone, whatever the game's dice.
    """

    def __init__(self, settings: PlaySettings, device: str = "cpu") -> None:
        self._device = torch.device(device)
        random = np.random.Generator(np.random.PCG64([settings.seed, 3]))
        reals, others = (
            sample(settings.distribution, density.SAMPLES, random, settings.points) for _ in "pq"
        )
        self._real = reals[:SHOWN]
        # dice of their own: the fakes stay comparable when another distribution is chosen
        random = np.random.Generator(np.random.PCG64([settings.seed, 4]))
        self._latents = noise(settings, density.SAMPLES, random).to(self._device)
        self._tree = cKDTree(reals)
        self._density = density.estimate(reals)
        self._floor = density.js(self._density, density.estimate(others))
        self._modes = modes(settings.distribution)
        self._grid = _latent_grid(settings).to(self._device)
        centres = (np.arange(HEAT, dtype=np.float32) + 0.5) * (2 * LIMIT / HEAT) - LIMIT
        plane = np.stack(np.meshgrid(centres, centres), axis=-1).reshape(-1, 2)
        self._points = torch.from_numpy(np.concatenate([self._real, plane])).to(self._device)

    def frame(self, game: Game, phase: str = "run", caption: str = "") -> Frame:
        """The game as it is. Raises UserError if its numbers have grown beyond all bounds."""
        rows, columns, _ = self._grid.shape
        with torch.no_grad():
            fakes = _numpy(game.generator(self._latents))
            manifold = _numpy(game.generator(self._grid.flatten(0, 1))).reshape(rows, columns, 2)
            logits = game.discriminator(self._points)
        shown = torch.from_numpy(fakes[:SHOWN]).to(self._device).requires_grad_(True)
        fake_logits = game.discriminator(shown)
        # the loss is a mean: each point's own share of it is that many times as large
        loss_g = game.objective.loss_g(fake_logits)
        (slope,) = torch.autograd.grad(loss_g * len(shown), shown)
        real_logits, fake_logits = logits[:SHOWN], fake_logits.detach()
        loss_d = float(game.objective.loss_d(real_logits, fake_logits))
        probabilities = _numpy(
            probability(game.settings.objective, torch.cat([fake_logits, logits]), SHOWN)
        )
        score_fake, score_real, heat = np.split(probabilities, [SHOWN, 2 * SHOWN])
        gradient = -_numpy(slope)
        if not (
            np.isfinite(fakes).all()
            and np.isfinite(probabilities).all()
            and np.isfinite(gradient).all()
            and np.isfinite([loss_d, float(loss_g.detach())]).all()
        ):
            raise UserError(
                f"The weights grew beyond all bounds by step {game.step}: lower the rates and "
                "start a new game."
            )
        made = density.estimate(fakes)
        return Frame(
            step=game.step,
            phase=phase,
            caption=caption,
            real=self._real,
            fake=fakes[:SHOWN].copy(),
            score_real=score_real,
            score_fake=score_fake,
            heat=heat.reshape(HEAT, HEAT),
            manifold=manifold,
            density=cell_density(manifold),
            gradient=gradient,
            loss_g=float(loss_g.detach()),
            loss_d=loss_d,
            value=_value(score_real, score_fake),
            kl=density.kl(self._density, made),
            js=density.js(self._density, made),
            js_floor=self._floor,
            modes_covered=density.covered(fakes, self._modes),
            modes=len(self._modes.centres),
            quality=density.quality(fakes[:1000], self._tree),
            snapshot=snapshot.dump(game),
        )


def probability(objective: str, logits: Tensor, shown: int) -> Tensor:
    """D's answers as probabilities of "real", in the manner of its objective.

    Least squares trains D to say 1 to real points and 0 to fakes, so its answer is the
    probability, cut off at both ends. The critic of WGAN-GP knows only differences: its answers
    are taken from the middle between real and fake points. The others are log odds.
    logits: of ``shown`` fakes, as many real points, then any others.
    """
    if objective == "least-squares":
        return logits.clamp(0, 1)
    if objective == "wgan-gp":
        logits = logits - (logits[:shown].mean() + logits[shown : 2 * shown].mean()) / 2
    return logits.sigmoid()


def cell_density(manifold: np.ndarray) -> np.ndarray:
    """Latent mass per area of each cell of the manifold (R, C, 2), scaled to [0, 1].

    All cells hold the same mass, so it is one over the area; 1 is the 95th percentile, since a
    folded cell may have no area at all. (R - 1, C - 1) float32.
    """
    points = manifold.astype(np.float64)
    one, two = points[1:, 1:] - points[:-1, :-1], points[1:, :-1] - points[:-1, 1:]
    area = np.abs(one[..., 0] * two[..., 1] - one[..., 1] * two[..., 0]) / 2
    dense = 1 / (area + 1e-6)
    if dense.size:
        dense = (dense / np.percentile(dense, 95)).clip(0, 1)
    return dense.astype(np.float32)


def _value(score_real: np.ndarray, score_fake: np.ndarray) -> float:
    """V(D, G) = E log D(x) + E log(1 - D(G(z))) (Goodfellow et al. 2014, eq. 1)."""
    real, fake = (
        score.astype(np.float64).clip(1e-6, 1 - 1e-6) for score in (score_real, score_fake)
    )
    return float(np.log(real).mean() + np.log1p(-fake).mean())


def _latent_grid(settings: PlaySettings) -> Tensor:
    """A grid of latents with the same mass between any two lines, (R, C, noise_size)."""
    two = settings.noise_size == 2
    share = np.linspace(_EDGE, 1 - _EDGE, MANIFOLD if two else CURVE)
    line = ndtri(share) if settings.noise == "gaussian" else 2 * share - 1
    grid = np.stack(np.meshgrid(line, line), axis=-1) if two else line[None, :, None]
    return torch.from_numpy(grid.astype(np.float32))


def _numpy(value: Tensor) -> np.ndarray:
    return value.detach().cpu().numpy()
