"""Run them with ``pytest examples/text-to-image``; installed or not, the package here is used."""

import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

HERE = Path(__file__).parent
for folder in (HERE, HERE.parent):
    sys.path.insert(0, str(folder))

settings.register_profile("text-to-image", database=None)  # leaves no folder behind
settings.load_profile("text-to-image")
os.environ["HF_HUB_OFFLINE"] = "1"  # nothing here may reach the network, by mistake or not

import triptych_text_to_image.torchvision_absent  # noqa: E402, F401  before diffusers, see there


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """Folders of tiny models: ``first``, ``second``, ``blocking``, ``passing``, ``pickled``."""
    import tiny
    import torch

    torch.set_num_threads(1)  # more cost time with networks this small
    root = tmp_path_factory.mktemp("models")
    return {
        "first": tiny.model(root / "first"),
        "second": tiny.model(root / "second", seed=5),
        "xl": tiny.xl_model(root / "xl"),
        "blocking": tiny.model(root / "blocking", blocks=True),
        "passing": tiny.model(root / "passing", blocks=False),
        "pickled": tiny.model(root / "pickled", pickled=True),
    }


@pytest.fixture(scope="session")
def loras(tmp_path_factory):
    """Folders of LoRAs: one that fits ``first``, and one for a larger network."""
    import tiny

    root = tmp_path_factory.mktemp("loras")
    return {
        "fitting": tiny.lora(root / "fitting"),
        "unfit": tiny.lora(root / "unfit", block_out_channels=(16, 64)),
    }


@pytest.fixture(scope="session")
def make_backend(tmp_path_factory):
    """``make_backend(model, **options)``: a backend as the host would make it."""
    from triptych_text_to_image.backend import TextToImageBackend

    from host.testing import backend_context

    def make(model, **options):
        options = {"default_model": str(model), **options}
        context = backend_context("text_to_image", tmp_path_factory.mktemp("backend"), **options)
        return TextToImageBackend(context)

    return make


@pytest.fixture(scope="session")
def backend(make_backend, models, loras):
    """One that most tests share; it may use every model and LoRA."""
    return make_backend(
        models["first"],
        models=[str(folder) for folder in models.values()],
        loras=[str(folder) for folder in loras.values()],
    )


@pytest.fixture(scope="session")
def start_app(tmp_path_factory):
    """``start_app(options, *flags, **environment)`` serves the plugin until the tests end."""
    from served import App

    apps = []

    def start(options, *flags, **environment):
        app = App(tmp_path_factory.mktemp("app"), options, flags, environment)
        apps.append(app)
        app.wait_until_served()
        return app

    yield start
    for app in apps:
        app.stop()
