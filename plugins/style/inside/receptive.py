"""How far a layer sees: stride and receptive field, read off the graph of a Keras model."""

from __future__ import annotations

from typing import Any

import keras


def stride_and_field(model: keras.Model) -> tuple[int, int]:
    """Stride and receptive field, in input pixels, of a functional model's first output.

    A convolution or pooling of kernel k, dilation d and stride s behind a map of stride j widens
    the field by (k - 1) d j and makes the stride j s (Araujo, Norris, Sim 2019, "Computing
    Receptive Fields of Convolutional Neural Networks"). Of several paths the widest counts.
    """
    producers = {
        id(tensor): operation
        for operation in model.operations
        for tensor in keras.tree.flatten(operation.output)
    }
    known: dict[int, tuple[int, int]] = {id(tensor): (1, 1) for tensor in model.inputs}
    # no recursion: the deepest networks have hundreds of operations one behind the other
    wanted = [model.outputs[0]]
    while wanted:
        tensor = wanted[-1]
        if id(tensor) in known:
            wanted.pop()
            continue
        operation = producers[id(tensor)]
        inputs = [x for x in keras.tree.flatten(operation.input) if id(x) in producers]
        missing = [x for x in inputs if id(x) not in known]
        if missing:
            wanted += missing
            continue
        stride = max((known[id(x)][0] for x in inputs), default=1)
        field = max((known[id(x)][1] for x in inputs), default=1)
        kernel, step = _kernel_and_step(operation)
        known[id(tensor)] = (stride * step, field + (kernel - 1) * stride)
    return known[id(model.outputs[0])]


def _kernel_and_step(operation: Any) -> tuple[int, int]:
    """Width of the window, dilation included, and its step: 1 and 1 for pointwise operations."""
    window = getattr(operation, "kernel_size", None) or getattr(operation, "pool_size", None)
    if window is None:
        return 1, 1
    dilation = max(_pair(getattr(operation, "dilation_rate", 1)))
    step = getattr(operation, "strides", None) or window
    return (max(_pair(window)) - 1) * dilation + 1, _pair(step)[0]


def _pair(value: int | tuple[int, ...]) -> tuple[int, ...]:
    return (value, value) if isinstance(value, int) else tuple(value)
