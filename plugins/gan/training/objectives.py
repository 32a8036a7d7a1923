"""What each player minimises, on any logits (N,): pictures here, points in the playground."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor
from torch.nn.functional import relu, softplus


@dataclass(frozen=True)
class Objective:
    """loss_d: logits of real and of generated pictures, (N,) each -> scalar, to be minimised.
    loss_g: logits of generated pictures (N,) -> scalar, to be minimised.
    regulariser: "r1" | "gradient penalty" | "spectral norm" | "none", what keeps D's slope bounded.
    probability: D's output is a logit, so its sigmoid is a probability.
    betas: Adam's.
    """

    name: str
    regulariser: str
    loss_d: Callable[[Tensor, Tensor], Tensor]
    loss_g: Callable[[Tensor], Tensor]
    probability: bool = False
    betas: tuple[float, float] = (0.5, 0.999)


def logistic_d(real: Tensor, fake: Tensor) -> Tensor:
    """-log D(x) - log(1 - D(G(z))), with probabilities D (Goodfellow et al. 2014, eq. 1)."""
    return softplus(-real).mean() + softplus(fake).mean()


def non_saturating_g(fake: Tensor) -> Tensor:
    """-log D(G(z)) (Goodfellow et al. 2014, sec. 3)."""
    return softplus(-fake).mean()


def minimax_g(fake: Tensor) -> Tensor:
    """log(1 - D(G(z))), negative (Goodfellow et al. 2014, eq. 1)."""
    return -softplus(fake).mean()


def hinge_d(real: Tensor, fake: Tensor) -> Tensor:
    """Miyato et al. 2018, eq. 16, its sign turned."""
    return relu(1 - real).mean() + relu(1 + fake).mean()


def critic_d(real: Tensor, fake: Tensor) -> Tensor:
    """Minus the estimate of the Wasserstein distance (Gulrajani et al. 2017, eq. 3)."""
    return fake.mean() - real.mean()


def critic_g(fake: Tensor) -> Tensor:
    return -fake.mean()


def least_squares_d(real: Tensor, fake: Tensor) -> Tensor:
    """Mao et al. 2017, eq. 9: real at 1, generated at 0."""
    return 0.5 * ((real - 1).square().mean() + fake.square().mean())


def least_squares_g(fake: Tensor) -> Tensor:
    return 0.5 * (fake - 1).square().mean()


OBJECTIVES: dict[str, Objective] = {
    objective.name: objective
    for objective in (
        Objective("non-saturating", "r1", logistic_d, non_saturating_g, probability=True),
        Objective("hinge", "spectral norm", hinge_d, critic_g),
        Objective("wgan-gp", "gradient penalty", critic_d, critic_g, betas=(0.0, 0.9)),
        Objective("least-squares", "none", least_squares_d, least_squares_g),
        Objective("bce", "none", logistic_d, minimax_g, probability=True),
    )
}


def fooled(real: Tensor, fake: Tensor) -> Tensor:
    """Probability that a random generated picture scores above a random real one, scalar in
    [0, 1]; ties count half. 0.5: D cannot tell. It needs no scale, so it compares objectives.

    It is one minus the area under D's ROC curve. real, fake: scores (N,) and (M,).
    """
    difference = fake[:, None] - real[None, :]
    return 0.5 * (difference.sign().mean() + 1)


def scores(objective: Objective, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    """How real D holds real and generated pictures, scalars in [0, 1]; 0.5 for both when fooled.

    The mean probability where D gives a logit. Other critics have no probability: there it is how
    often one of the kind scores above one of the other kind, so the two add up to 1.
    """
    if objective.probability:
        return real.sigmoid().mean(), fake.sigmoid().mean()
    share = fooled(real, fake)
    return 1 - share, share
