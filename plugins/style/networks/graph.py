"""What the networks are built of: precision, colours and pooling."""

from __future__ import annotations

import keras
import numpy as np

POOLINGS = ("average", "max")
DTYPES = ("float32", "mixed_bfloat16")


def check(pooling: str, dtype: str) -> None:
    """Raises ValueError unless both are of :data:`POOLINGS` and :data:`DTYPES`."""
    for value, known in ((pooling, POOLINGS), (dtype, DTYPES)):
        if value not in known:
            raise ValueError(f"{value!r} is not one of {', '.join(known)}")


def bgr_less(mean_bgr: tuple[float, float, float], rgb: keras.KerasTensor) -> keras.KerasTensor:
    """RGB pictures turned to BGR less ImageNet's mean, as networks from Caffe want them."""
    return rgb[..., ::-1] - np.asarray(mean_bgr, np.float32)


def pool(kind: str, size: int, dtype: str, name: str) -> keras.Layer:
    """Pooling of ``size`` x ``size`` with stride 2 that leaves no pixel at the border out."""
    layer = {"average": keras.layers.AveragePooling2D, "max": keras.layers.MaxPooling2D}[kind]
    return layer(size, 2, padding="same", name=name, dtype=dtype)


def convolution(filters: int, size: int, name: str, dtype: str, stride: int = 1) -> keras.Layer:
    """A convolution and ReLU that leaves no pixel at the border out."""
    return keras.layers.Conv2D(
        filters,
        size,
        stride,
        padding="same",
        activation="relu",
        kernel_initializer="he_normal",
        name=name,
        dtype=dtype,
    )
