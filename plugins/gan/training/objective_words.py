"""The objectives for people: names, formulas (LaTeX) and what they are good for. No PyTorch.

D is the discriminator, G the generator, x a real picture, z a latent, sigma the logistic function.
Where D gives a logit its probability of "real" is sigma(D).
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class ObjectiveWords:
    """title: a few words. loss_d, loss_g: what D and G minimise, LaTeX without the dollars.
    guessing_d, guessing_g: the two losses when D can only guess, None where that fixes no value.
    sentence: one plain sentence. source: where it comes from."""

    title: str
    loss_d: str
    loss_g: str
    guessing_d: float | None
    guessing_g: float | None
    sentence: str
    source: str


_LOGISTIC_D = (
    r"\mathcal{L}_D = -\mathbb{E}_x \log \sigma(D(x)) - \mathbb{E}_z \log(1 - \sigma(D(G(z))))"
)

OBJECTIVE_WORDS: dict[str, ObjectiveWords] = {
    "non-saturating": ObjectiveWords(
        title="Non-saturating with R1",
        loss_d=_LOGISTIC_D + r" + \frac{\gamma}{2} \mathbb{E}_x \|\nabla_x D(x)\|^2",
        loss_g=r"\mathcal{L}_G = -\mathbb{E}_z \log \sigma(D(G(z)))",
        guessing_d=2 * math.log(2),
        guessing_g=math.log(2),
        sentence="The generator raises the probability that its pictures are called real, and a "
        "penalty keeps the discriminator's slope small around real pictures; the steadiest "
        "choice.",
        source="Goodfellow et al. 2014 (arXiv:1406.2661), sec. 3; R1: Mescheder et al. 2018 "
        "(arXiv:1801.04406), eq. 9",
    ),
    "hinge": ObjectiveWords(
        title="Hinge with spectral norm",
        loss_d=r"\mathcal{L}_D = \mathbb{E}_x \max(0, 1 - D(x)) + "
        r"\mathbb{E}_z \max(0, 1 + D(G(z)))",
        loss_g=r"\mathcal{L}_G = -\mathbb{E}_z D(G(z))",
        guessing_d=2.0,
        guessing_g=0.0,
        sentence="The discriminator stops caring about pictures that it already tells apart "
        "clearly, and none of its layers may stretch a difference, so its slope stays bounded.",
        source="Miyato et al. 2018 (arXiv:1802.05957), eq. 16-17",
    ),
    "wgan-gp": ObjectiveWords(
        title="Wasserstein with gradient penalty",
        loss_d=r"\mathcal{L}_D = \mathbb{E}_z D(G(z)) - \mathbb{E}_x D(x) + "
        r"\lambda \mathbb{E}_{\hat{x}} (\|\nabla_{\hat{x}} D(\hat{x})\| - 1)^2",
        loss_g=r"\mathcal{L}_G = -\mathbb{E}_z D(G(z))",
        guessing_d=0.0,
        guessing_g=None,
        sentence="The discriminator estimates how far the generated pictures must be carried to "
        "become the real ones; a penalty holds its slope at 1 between the two.",
        source="Gulrajani et al. 2017 (arXiv:1704.00028), eq. 3",
    ),
    "least-squares": ObjectiveWords(
        title="Least squares",
        loss_d=r"\mathcal{L}_D = \tfrac{1}{2} \mathbb{E}_x (D(x) - 1)^2 + "
        r"\tfrac{1}{2} \mathbb{E}_z D(G(z))^2",
        loss_g=r"\mathcal{L}_G = \tfrac{1}{2} \mathbb{E}_z (D(G(z)) - 1)^2",
        guessing_d=0.25,
        guessing_g=0.125,
        sentence="The discriminator aims at 1 for real and 0 for generated pictures, and the "
        "generator at 1: the further off a picture is, the harder it is pulled.",
        source="Mao et al. 2017 (arXiv:1611.04076), eq. 9",
    ),
    "bce": ObjectiveWords(
        title="Plain minimax (watch it fail)",
        loss_d=_LOGISTIC_D,
        loss_g=r"\mathcal{L}_G = \mathbb{E}_z \log(1 - \sigma(D(G(z))))",
        guessing_d=2 * math.log(2),
        guessing_g=-math.log(2),
        sentence="The game as first written down, without any penalty: once the discriminator is "
        "sure of itself the generator's gradient vanishes, and it stops learning.",
        source="Goodfellow et al. 2014 (arXiv:1406.2661), eq. 1",
    ),
}
