from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from host import Device
from host.testing import backend_context
from plugins.gan.backend import GanBackend
from plugins.gan.runs.settings import RunSettings


@pytest.mark.skipif(torch.cuda.is_available(), reason="this PyTorch has a GPU")
def test_a_gpu_that_pytorch_cannot_use_leaves_the_cpu(
    backend: GanBackend, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    context = replace(backend_context("gan", tmp_path), device=Device("cuda", 0, "NVIDIA H100"))
    with caplog.at_level(logging.WARNING):
        promised = GanBackend(context)
    np.testing.assert_array_equal(promised.generate("3"), backend.generate("3"))
    assert next(promised.train(RunSettings(steps=1, batch_size=8, width=8))).step == 0
    assert promised.health()["device"].startswith("cpu (PyTorch sees no GPU: ")
    assert "PyTorch sees no GPU" in caplog.text


def test_health_names_the_model_and_the_device(backend: GanBackend) -> None:
    health = backend.health()
    assert "digits.safetensors" in health["model"]
    assert health["device"] == "cpu"
