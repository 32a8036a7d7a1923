"""A game as bytes and back, so that the worker need keep nothing between two calls.

The format is safetensors with nothing but arrays: no code is ever run by reading one. It holds
the weights, Adam's moments, the dice and the counts: what has no place in it is made anew from the
settings, so a snapshot may be gone on with under other settings.
"""

from __future__ import annotations

import numpy as np
import torch
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays
from torch import nn

from host import UserError
from plugins.gan.playground.game import Game
from plugins.gan.playground.settings import PlaySettings

MAX_BYTES = 2_000_000
"""The largest networks allowed take 1.3 MB."""

MAX_COUNT = 10**9
_VERSION = 1
_MOMENTS = ("exp_avg", "exp_avg_sq")
_DAMAGED = "This state of the game is damaged: start a new game."


def dump(game: Game) -> bytes:
    """All that :func:`load` needs to go on from here."""
    counts = [_VERSION, game.step, game.updates_d]
    arrays = {"counts": np.array(counts, np.int64), "dice": _dice_words(game.random)}
    for name, network, optimiser in _players(game):
        for key, value in network.state_dict().items():
            arrays[f"{name}.{key}"] = _numpy(value)
        for key, parameter in network.named_parameters():
            state = optimiser.state.get(parameter, {})
            if "exp_avg" not in state:
                continue  # plain SGD, or Adam before its first step
            for moment in _MOMENTS:
                arrays[f"{name}.{key}.{moment}"] = _numpy(state[moment])
            arrays[f"{name}.adam"] = np.array([int(state["step"])], np.int64)
    return save_arrays(arrays)


def load(data: bytes | None, settings: PlaySettings, device: str = "cpu") -> Game:
    """The game in ``data`` under ``settings``, or a new one without data.

    A player whose networks have the shape that the settings ask for keeps its weights, and its
    moments if it still learns by Adam. The other begins anew. Raises UserError for anything but
    bytes written by :func:`dump`.
    """
    game = Game(settings, device)
    if data is None:
        return game
    arrays = _read(data)
    try:
        version, game.step, game.updates_d = _whole(arrays.pop("counts"), 3)
        if version != _VERSION:
            raise ValueError("another version")
        _set_dice(game.random, arrays.pop("dice"))
        for name, network, optimiser in _players(game):
            kept = {
                key.removeprefix(f"{name}."): value
                for key, value in arrays.items()
                if key.startswith(f"{name}.")
            }
            _take(network, optimiser, kept)
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        raise UserError(_DAMAGED) from error
    return game


def _read(data: bytes) -> dict[str, np.ndarray]:
    if not isinstance(data, (bytes, bytearray)) or not data:
        raise UserError(_DAMAGED)
    if len(data) > MAX_BYTES:
        raise UserError("This state of the game is larger than any game is: start a new game.")
    try:
        return load_arrays(bytes(data))
    except Exception as error:  # hostile bytes meet several kinds
        raise UserError(_DAMAGED) from error


def _players(game: Game) -> list[tuple[str, nn.Module, torch.optim.Optimizer]]:
    return [
        ("g", game.generator, game.optimiser_g),
        ("d", game.discriminator, game.optimiser_d),
    ]


def _take(
    network: nn.Module, optimiser: torch.optim.Optimizer, kept: dict[str, np.ndarray]
) -> None:
    """Copy the kept weights and moments into the network and its optimiser, if they fit."""
    for key, value in kept.items():
        if key != "adam" and (value.dtype != np.float32 or not np.isfinite(value).all()):
            raise ValueError(f"{key} holds no finite numbers")
        if key.endswith(".exp_avg_sq") and (value < 0).any():
            raise ValueError("a mean of squares is negative")
    state = network.state_dict()
    weights = {key: value for key, value in kept.items() if not key.endswith(_MOMENTS)}
    steps = _whole(weights.pop("adam"), 1)[0] if "adam" in weights else 0
    if {key: value.shape for key, value in weights.items()} != {
        key: tuple(value.shape) for key, value in state.items()
    }:
        return  # of another shape
    network.load_state_dict({key: torch.from_numpy(value) for key, value in weights.items()})
    if not steps or not isinstance(optimiser, torch.optim.Adam):
        return
    for key, parameter in network.named_parameters():
        moments = {moment: torch.tensor(kept[f"{key}.{moment}"]) for moment in _MOMENTS}
        if any(value.shape != parameter.shape for value in moments.values()):
            raise ValueError(f"the moments of {key} have another shape")
        optimiser.state[parameter] = {
            # float32 and on the parameter's device, as the fused Adam keeps it
            "step": torch.tensor(float(steps), device=parameter.device),
            **{moment: value.to(parameter.device) for moment, value in moments.items()},
        }


def _numpy(value: torch.Tensor) -> np.ndarray:
    return value.detach().cpu().numpy()


def _whole(array: np.ndarray, count: int) -> list[int]:
    if array.dtype != np.int64 or array.shape != (count,):
        raise ValueError("counts of another shape")
    if (array < 0).any() or (array > MAX_COUNT).any():
        raise ValueError("counts out of range")
    return [int(each) for each in array]


_WORD = 2**64


def _dice_words(random: np.random.Generator) -> np.ndarray:
    """The state of PCG64, (6,) uint64: two numbers of 128 bits, and half a drawn word."""
    state = random.bit_generator.state
    words = []
    for number in (state["state"]["state"], state["state"]["inc"]):
        words += [number // _WORD, number % _WORD]
    return np.array([*words, state["has_uint32"], state["uinteger"]], np.uint64)


def _set_dice(random: np.random.Generator, words: np.ndarray) -> None:
    if words.dtype != np.uint64 or words.shape != (6,):
        raise ValueError("dice of another shape")
    high, low, high_inc, low_inc, has, half = (int(each) for each in words)
    if has > 1 or half >= 2**32:
        raise ValueError("dice out of range")
    random.bit_generator.state = {
        "bit_generator": "PCG64",
        "state": {"state": high * _WORD + low, "inc": high_inc * _WORD + low_inc},
        "has_uint32": has,
        "uinteger": half,
    }
