"""Trained tensors: from the files in which they are published into a model's layers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import h5py
import keras
import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

_NORMALISATION = ("gamma", "beta", "moving_mean", "moving_variance")


def read_safetensors(path: Path) -> dict[str, np.ndarray]:
    """All tensors of a safetensors file. Raises ValueError when it is no such file."""
    try:
        return dict(load_file(path))
    except SafetensorError as error:
        raise ValueError(f"{path} cannot be read: {error}") from error


def read_layer_tensors(path: Path) -> dict[str, np.ndarray]:
    """The layers of a Keras HDF5 file as ``{"layer.kernel": ..., "layer.bias": ...}``.

    Layers come in the file's order; a batch normalisation gives "gamma", "beta", "moving_mean"
    and "moving_variance". Reads plain numeric data sets only. The files of different years name
    them differently ("conv_W_1:0", "conv/kernel:0"), so a layer's kernel is its one data set of
    rank 4, and one of rank 1 is its bias unless it is named as a part of a normalisation.

    Raises ValueError when it is no HDF5 file, or is cut short.
    """
    tensors: dict[str, np.ndarray] = {}

    def take(layer: str, name: str, item: h5py.Group | h5py.Dataset) -> None:
        if isinstance(item, h5py.Dataset) and item.dtype.kind == "f" and item.ndim in (1, 4):
            tensors[f"{layer}.{_part(name, item.ndim)}"] = item[()]

    try:
        with h5py.File(path, "r") as file:
            # a whole saved model keeps its layers one group deeper
            root = file.get("model_weights", file)
            for layer in _layer_names(root):
                group = root.get(layer)
                if isinstance(group, h5py.Group):
                    group.visititems(lambda name, item, layer=layer: take(layer, name, item))
    except FileNotFoundError:
        raise
    except (OSError, RuntimeError, KeyError) as error:
        raise ValueError(f"{path} cannot be read: {error}") from error
    return tensors


def assign(model: keras.Model, tensors: Mapping[str, np.ndarray], source: str) -> None:
    """Give each layer of ``model`` its tensors ("layer.kernel" and so on) by name.

    Raises ValueError that names the first tensor that is missing or has another shape; ``source``
    is the file to name in it.
    """
    for layer in model.layers:
        values = []
        for variable in layer.weights:
            key, shape = f"{layer.name}.{variable.name}", tuple(variable.shape)
            value = tensors.get(key)
            if value is None or value.shape != shape:
                found = "is missing" if value is None else f"has shape {value.shape}"
                raise ValueError(f"{source}: {key} {found}, not {shape}")
            values.append(value.astype(np.float32))
        if values:
            layer.set_weights(values)


def named_by_order(
    model: keras.Model, tensors: Mapping[str, np.ndarray]
) -> Mapping[str, np.ndarray]:
    """``tensors`` under the names of ``model``'s layers, where the file knows none of these.

    Keras reads such files by the order of the layers, and so does this. They are returned as they
    are when a name is known, or when there are more or fewer layers than the model has.
    """
    ours = [layer.name for layer in model.layers if layer.weights]
    theirs = list(dict.fromkeys(key.rpartition(".")[0] for key in tensors))
    if set(ours) & set(theirs) or len(ours) != len(theirs):
        return tensors
    names = dict(zip(theirs, ours, strict=True))
    parts = ((key.rpartition("."), tensor) for key, tensor in tensors.items())
    return {f"{names[layer]}.{part}": tensor for (layer, _, part), tensor in parts}


def _layer_names(root: h5py.Group) -> list[str]:
    """The file's own list, as a name may lie in nested groups; without one, the groups."""
    if "layer_names" not in root.attrs:
        return list(root)
    names = root.attrs["layer_names"]
    return [name.decode() if isinstance(name, bytes) else str(name) for name in names]


def _part(name: str, rank: int) -> str:
    if rank == 4:
        return "kernel"
    leaf = name.split("/")[-1].split(":")[0]
    return leaf if leaf in _NORMALISATION else "bias"
