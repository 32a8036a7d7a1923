from __future__ import annotations

import math
import subprocess
import sys

import pytest
import torch
from torch import Tensor, nn

from plugins.gan.networks import Discriminator, NetworkConfig
from plugins.gan.pictures import bundled_digits
from plugins.gan.training import Trainer, TrainingConfig
from plugins.gan.training.objective_words import OBJECTIVE_WORDS
from plugins.gan.training.objectives import OBJECTIVES, fooled, scores
from plugins.gan.training.penalties import gradient_penalty

REAL = torch.tensor([2.0, -0.5, 0.25])
FAKE = torch.tensor([-3.0, 0.5, 1.5])


def probability(logits: Tensor) -> Tensor:
    return 1 / (1 + torch.exp(-logits))


def by_hand(name: str) -> tuple[float, float]:
    """The two losses as their papers write them."""
    real, fake = probability(REAL), probability(FAKE)
    logistic = -(real.log().mean() + (1 - fake).log().mean())
    hinge = sum(max(0, 1 - x) for x in REAL.tolist()) + sum(max(0, 1 + x) for x in FAKE.tolist())
    loss_d, loss_g = {
        "non-saturating": (logistic, -fake.log().mean()),
        "bce": (logistic, (1 - fake).log().mean()),
        "hinge": (hinge / 3, -FAKE.mean()),
        "wgan-gp": (FAKE.mean() - REAL.mean(), -FAKE.mean()),
        "least-squares": (
            0.5 * ((REAL - 1) ** 2).mean() + 0.5 * (FAKE**2).mean(),
            0.5 * ((FAKE - 1) ** 2).mean(),
        ),
    }[name]
    return float(loss_d), float(loss_g)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_the_losses_are_those_of_the_papers(name: str) -> None:
    objective = OBJECTIVES[name]
    losses = objective.loss_d(REAL, FAKE).item(), objective.loss_g(FAKE).item()
    assert losses == pytest.approx(by_hand(name), abs=1e-6)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_words_give_the_value_at_which_a_discriminator_can_only_guess(name: str) -> None:
    """It then says the same of everything; of what it may say, the best is meant."""
    words, objective = OBJECTIVE_WORDS[name], OBJECTIVES[name]
    answers = torch.linspace(-2, 2, 401)
    values = [objective.loss_d(a.repeat(4), a.repeat(4)).item() for a in answers]
    assert min(values) == pytest.approx(words.guessing_d, abs=1e-4)
    if words.guessing_g is not None:
        best = torch.tensor(0.5 if name == "least-squares" else 0.0)
        assert objective.loss_g(best.repeat(4)).item() == pytest.approx(words.guessing_g)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_each_player_gains_by_what_the_other_loses(name: str) -> None:
    """D by scoring real above generated pictures, G by higher scores."""
    objective = OBJECTIVES[name]
    real, fake = REAL.clone().requires_grad_(), (FAKE + 2).requires_grad_()
    objective.loss_d(real, fake).backward()
    assert real.grad is not None and fake.grad is not None
    assert real.grad.sum() < 0 < fake.grad.sum()
    other = (FAKE - 3).requires_grad_()
    objective.loss_g(other).backward()
    assert other.grad is not None
    assert (other.grad < 0).all()


def test_only_the_plain_game_saturates() -> None:
    """Where D is sure, G's gradient vanishes in the minimax game, and in no other."""
    for name, objective in OBJECTIVES.items():
        sure = torch.full((4,), -12.0, requires_grad=True)
        objective.loss_g(sure).backward()
        assert sure.grad is not None
        assert (sure.grad.abs().sum() < 1e-4) == (name == "bce"), name


def test_fooled_is_the_share_of_pairs_in_which_the_generated_picture_scores_higher() -> None:
    pairs = [float(f > r) + 0.5 * float(f == r) for f in FAKE.tolist() for r in REAL.tolist()]
    assert fooled(REAL, FAKE).item() == pytest.approx(sum(pairs) / len(pairs))
    assert fooled(REAL, REAL).item() == 0.5
    assert fooled(REAL, REAL + 10).item() == 1
    assert fooled(REAL, REAL.repeat(2) - 10).item() == 0


@pytest.mark.parametrize("name", OBJECTIVES)
def test_scores_say_one_half_to_who_cannot_tell_and_stay_in_range(name: str) -> None:
    objective = OBJECTIVES[name]
    same = torch.zeros(8)
    assert [s.item() for s in scores(objective, same, same)] == [0.5, 0.5]
    far = scores(objective, torch.full((8,), 50.0), torch.full((8,), -50.0))
    assert [s.item() for s in far] == pytest.approx([1, 0])


def test_the_gradient_penalty_measures_the_slope_along_the_way() -> None:
    class Slope(nn.Module):
        def forward(self, pictures: Tensor, labels: Tensor | None = None) -> Tensor:
            return 1.5 * pictures.square().flatten(1).sum(1)  # of slope 3 |picture|

    reals, fakes = torch.ones(2, 1, 1, 1), torch.full((2, 1, 1, 1), -1.0)
    mix = torch.tensor([0.25, 0.5]).view(2, 1, 1, 1)  # at 0.5 and at 0
    value = gradient_penalty(Slope(), reals, fakes, mix)
    assert value.item() == pytest.approx(((1.5 - 1) ** 2 + (0 - 1) ** 2) / 2, abs=1e-4)


def test_no_spectrally_normalised_layer_stretches_anything() -> None:
    torch.manual_seed(0)
    network = Discriminator(NetworkConfig(width=8, classes=10, spectral_norm=True))
    pictures = torch.rand(4, 1, 32, 32)
    for _ in range(50):  # each look is a step of the power iteration
        network(pictures, torch.eye(10)[:4])
    layers = [m for m in network.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
    assert len(layers) == 5
    for layer in layers:
        largest = torch.linalg.matrix_norm(layer.weight.flatten(1), 2).item()
        assert largest == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_every_objective_trains_both_players(name: str) -> None:
    pictures, labels = bundled_digits(32)
    trainer = Trainer(
        pictures,
        NetworkConfig(width=8, classes=10),
        TrainingConfig(batch_size=8, objective=name, updates_d=2),
        labels=labels,
    )
    before = [p.clone() for p in (*trainer.generator.parameters(),)]
    for _ in range(3):
        trainer.step()
    means = trainer.means()
    assert all(math.isfinite(n) for n in vars(means).values())
    assert 0 <= means.fooled <= 1
    assert trainer.skipped == 0
    assert all(n > 0 for n in trainer.gradient_norms())
    assert not any(
        torch.equal(b, p) for b, p in zip(before, trainer.generator.parameters(), strict=True)
    )


def test_more_updates_of_the_discriminator_make_it_stronger() -> None:
    pictures, _ = bundled_digits(32)
    losses = []
    for updates in (1, 4):
        config = TrainingConfig(batch_size=8, updates_d=updates, learning_rate_g=1e-6)
        trainer = Trainer(pictures, NetworkConfig(width=8), config)
        for _ in range(20):
            trainer.step()
        losses.append(trainer.means().loss_d)
    assert losses[1] < 0.8 * losses[0]


def test_pages_read_the_words_without_pytorch() -> None:
    code = (
        "import sys, plugins.gan.training.objective_words, plugins.gan.training.collapse, "
        "plugins.gan.training.presets; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_what_does_not_exist_is_refused() -> None:
    pictures, _ = bundled_digits(32)
    with pytest.raises(KeyError):
        Trainer(pictures, NetworkConfig(width=8), TrainingConfig(objective="magic"))
    for mistake in ({"precision": "float8"}, {"updates_d": 0}, {"r1_every": 0}):
        with pytest.raises(ValueError, match="must be|one of"):
            TrainingConfig(**mistake)
