"""torchvision, imported so that it also works beside a PyTorch built for another device.

torchvision's compiled operators load only with the PyTorch they were built for. Beside another
one (say a CUDA torchvision with a CPU torch, which is what many package indexes serve)
torchvision carries on without them, but then describes two operators that nobody has declared,
and its import ends in "operator torchvision::nms does not exist". The transforms and picture
grids used here need none of those operators, so declaring the two is enough.

Nothing is declared where torchvision imports by itself, and any other error is left as it is.
Use it in place of a plain import::

    from plugins.gan.torchvision_compat import torchvision
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

import torch

_BOXES = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_UNDECLARED = {"nms": _BOXES, "qnms": _BOXES}
"""The operators torchvision describes without checking that they exist, with their schemas."""

_declared: list[torch.library.Library] = []  # a declaration lives only as long as its library


def _import() -> ModuleType:
    try:
        return importlib.import_module("torchvision")
    except RuntimeError as error:
        missing = [f"operator torchvision::{name} does not exist" for name in _UNDECLARED]
        if str(error) not in missing:
            raise
    for name in [n for n in sys.modules if n == "torchvision" or n.startswith("torchvision.")]:
        del sys.modules[name]  # what the failed import left half made
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name, schema in _UNDECLARED.items():
        library.define(name + schema)
    _declared.append(library)
    return importlib.import_module("torchvision")


torchvision = _import()
