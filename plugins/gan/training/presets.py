"""Settings that were tried and work. No PyTorch, so that a page may read them."""

from __future__ import annotations

from plugins.gan.training.config import NetworkConfig, TrainingConfig

LIVE_DIGITS_NETWORKS = NetworkConfig(size=32, channels=1, width=32, classes=10)
LIVE_DIGITS = TrainingConfig(
    batch_size=32,
    learning_rate_g=1e-3,
    learning_rate_d=1e-3,
    r1=1.0,
    ema_half_life=5_000,
    precision="auto",
)
"""Handwritten digits by class, learnt while somebody watches: ``benchmarks/bench_live.py``
says how well. Both learning rates are five times the usual ones; R1 keeps that steady. A slower
average (20,000) reaches fewer kinds of digits: recall 0.78 in place of 0.80."""

WATCH_IT_FAIL = TrainingConfig(
    batch_size=32, learning_rate_g=2e-4, learning_rate_d=2e-3, objective="bce"
)
"""The plain game with a discriminator that learns ten times as fast: within 100 steps it is sure
of everything, and the generator's gradient vanishes. With equal rates the plain game may well
succeed on simple pictures."""
