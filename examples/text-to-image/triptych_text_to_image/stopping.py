"""Stopping a pipeline within a step.

diffusers asks between steps only, and with ``pipe._interrupt`` it still decodes the picture that
nobody wants. On a CPU a single step takes seconds. So every block of every network asks first
whether it is still wanted: that costs microseconds and stops text encoder, U-Net, decoder and
safety checker alike.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from torch import nn


@contextlib.contextmanager
def stoppable(pipe: Any, check: Callable[[], None]) -> Iterator[None]:
    """While it is open, ``check`` runs before each block of ``pipe`` and may raise."""
    networks = [part for part in pipe.components.values() if isinstance(part, nn.Module)]
    lists = [
        module
        for network in networks
        for module in network.modules()
        if isinstance(module, nn.ModuleList)
    ]
    hooks = [
        block.register_forward_pre_hook(lambda *_: check()) for blocks in lists for block in blocks
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
