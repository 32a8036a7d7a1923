"""Training the two players.

    from plugins.gan.training import Trainer, TrainingConfig

Importing the package imports no PyTorch (the names below are looked up when they are asked for),
so that pages may read :mod:`.objective_words`, :mod:`.collapse` and :mod:`.config`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plugins.gan.training.config import TrainingConfig
    from plugins.gan.training.penalties import r1_penalty
    from plugins.gan.training.trainer import Means, Trainer

__all__ = ["Means", "Trainer", "TrainingConfig", "r1_penalty"]

_HOMES = {
    "Means": "trainer",
    "Trainer": "trainer",
    "TrainingConfig": "config",
    "r1_penalty": "penalties",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
