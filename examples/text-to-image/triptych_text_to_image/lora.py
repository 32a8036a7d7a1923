"""A LoRA: small matrices added to a model's layers, with a weight, and taken off again."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file

from host import UserError

from .background import Outlet
from .hub import Hub
from .models import Model, first_line

log = logging.getLogger(__name__)

_ADAPTER = "lora"
_SUFFIX = ".safetensors"


def apply(model: Model, name: str, weight: float, find: Callable[[str], Path]) -> None:
    """Put the LoRA ``name`` on ``model`` with ``weight``, and take off another; "" for none.

    find: from a name to its file.
    Raises UserError for one that is not there, is a pickle or does not fit; the model is then
    without any.
    """
    if model.lora != name:
        remove(model)
        if name:
            _put_on(model, name, find(name))
            model.lora = name
    if name:
        model.from_words.set_adapters([_ADAPTER], [weight])


def remove(model: Model) -> None:
    """Take off whatever LoRA is on ``model``."""
    model.from_words.unload_lora_weights()
    model.lora = ""


def find(name: str, is_path: bool, hub: Hub, outlet: Outlet) -> Path:
    """The safetensors file of a LoRA: of this machine, or downloaded from the hub.

    Raises UserError when there is none.
    """
    if not is_path:
        owner, _, rest = name.partition("/")
        repo, _, file = rest.partition("/")
        return hub.lora(f"{owner}/{repo}", file or None, outlet)
    path = Path(name).expanduser()
    if path.is_dir():
        files = sorted(path.glob(f"*{_SUFFIX}"))
        if len(files) != 1:
            raise UserError(f"{name} has {len(files)} {_SUFFIX} files; name one of them.")
        return files[0]
    if path.suffix != _SUFFIX:
        raise UserError(f"The LoRA {name} is no {_SUFFIX} file; others can run any program.")
    if not path.is_file():
        raise UserError(f"There is no LoRA {name} on this machine.")
    return path


def _put_on(model: Model, name: str, path: Path) -> None:
    try:
        weights = load_file(path)
    except (SafetensorError, OSError) as error:
        raise UserError(f"The LoRA {name} is damaged and cannot be read.") from error
    pipe = model.from_words
    try:
        # diffusers sorts the weights by network and peft lays them over the layers
        pipe.load_lora_weights(weights, adapter_name=_ADAPTER)
    except Exception as error:
        # Weights for other layers or shapes fail in diffusers or peft, with any of five classes.
        log.warning("the LoRA %s does not fit %s: %s", name, model.name, first_line(error))
        remove(model)
        raise _unfit(name, model) from error
    if not pipe.get_list_adapters():  # weights of no layer here are passed over with a warning
        remove(model)
        raise _unfit(name, model)


def _unfit(name: str, model: Model) -> UserError:
    return UserError(
        f"The LoRA {name} does not fit the model {model.name}; it was made for another kind of "
        "model."
    )
