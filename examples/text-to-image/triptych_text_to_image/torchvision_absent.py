"""diffusers, imported so that a torchvision that cannot be imported does no harm.

transformers imports torchvision where it is installed. torchvision's compiled operators load only
with the PyTorch they were built for; beside another one (a CUDA torchvision and a CPU torch, which
many package indexes serve) its import fails, and that of transformers with it. Nothing here needs
torchvision: without it transformers prepares pictures with Pillow. So a torchvision that fails is
hidden while transformers looks for it; it remembers what it found, and so the hiding can end.
Use it in place of a plain import::

    from .torchvision_absent import diffusers
"""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Iterator
from types import ModuleType


def _usable() -> bool:
    try:
        importlib.import_module("torchvision")
    except ImportError:  # not installed
        return True
    except RuntimeError:  # "operator torchvision::nms does not exist"
        return False
    return True


@contextlib.contextmanager
def _hidden() -> Iterator[None]:
    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        del sys.modules[name]  # what the failed import left half made
    sys.modules["torchvision"] = None  # type: ignore[assignment]  # how Python says "none such"
    try:
        yield
    finally:
        del sys.modules["torchvision"]


def _import() -> ModuleType:
    with contextlib.nullcontext() if _usable() else _hidden():
        # both import most of themselves only when a name is asked for
        importlib.import_module("transformers").CLIPImageProcessor  # noqa: B018
        module = importlib.import_module("diffusers")
        module.StableDiffusionImg2ImgPipeline  # noqa: B018
        module.StableDiffusionXLImg2ImgPipeline  # noqa: B018
    # they would fill the log, a line for each move of a bar
    importlib.import_module("transformers.utils.logging").disable_progress_bar()
    importlib.import_module("diffusers.utils.logging").disable_progress_bar()
    return module


diffusers = _import()
