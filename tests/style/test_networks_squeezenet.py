"""SqueezeNet from its published file, against the definition computed with NumPy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from plugins.style import networks
from plugins.style.models import BY_NAME

PUBLISHED = Path(__file__).parents[3] / "shared" / "data" / "squeezenet_v1.1_imagenet_notop.h5"
FIRES = {2: 16, 3: 16, 4: 32, 5: 32, 6: 48, 7: 48, 8: 64, 9: 64}
"""Number of the fire module -> channels it squeezes to; each expansion has four times as many."""


def layers_and_shapes() -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {"conv1": (3, 3, 3, 64)}
    channels = 64
    for number, squeezed in FIRES.items():
        shapes[f"fire{number}/squeeze1x1"] = (1, 1, channels, squeezed)
        shapes[f"fire{number}/expand1x1"] = (1, 1, squeezed, 4 * squeezed)
        shapes[f"fire{number}/expand3x3"] = (3, 3, squeezed, 4 * squeezed)
        channels = 8 * squeezed
    return shapes


def random_file(path: Path) -> Path:
    """Random tensors laid out as in the published file, its layers without weights included."""
    rng = np.random.default_rng(3)
    with h5py.File(path, "w") as file:
        shapes = layers_and_shapes()
        file.attrs["layer_names"] = [b"input_1", *(n.encode() for n in shapes), b"drop9"]
        file.create_group("input_1")
        file.create_group("drop9")
        for number, (name, shape) in enumerate(shapes.items(), 1):
            scale = np.sqrt(2 / np.prod(shape[:3]))
            file[f"{name}/uniform{number}"] = rng.normal(0, scale, shape).astype(np.float32)
            file[f"{name}/{name}_b"] = rng.normal(0, 5, shape[-1]).astype(np.float32)
    return path


@pytest.fixture(scope="module", params=["random", "published"])
def weights(request, tmp_path_factory) -> Path:
    if request.param == "random":
        return random_file(tmp_path_factory.mktemp("squeezenet") / "random.h5")
    if not PUBLISHED.exists():
        pytest.skip("the published file is not on this machine")
    return PUBLISHED


def windows(x: np.ndarray, size: int, stride: int, fill: float) -> np.ndarray:
    """(h, w, C, size, size) patches; as many as there are strides in the sides, even sides."""
    total = size - stride  # 1 for a stride of 2: behind; 2 for a 3x3 of stride 1: on both sides
    pad = (total // 2, total - total // 2)
    padded = np.pad(x, (pad, pad, (0, 0)), constant_values=fill)
    return np.lib.stride_tricks.sliding_window_view(padded, (size, size), (0, 1))[
        ::stride, ::stride
    ]


def computed(path: Path, rgb: np.ndarray, pooled: Callable) -> dict[str, np.ndarray]:
    """All layers' feature maps (h, w, C) of one picture whose sides are multiples of 16."""
    with h5py.File(path) as file:

        def convolved(x: np.ndarray, name: str, stride: int = 1) -> np.ndarray:
            parts: dict[int, np.ndarray] = {}
            file[name].visititems(
                lambda _, item: (
                    parts.update({item.ndim: item[()]}) if isinstance(item, h5py.Dataset) else None
                )
            )
            patches = windows(x, parts[4].shape[0], stride, 0.0)
            y = np.einsum("hwcij,ijcf->hwf", patches, parts[4], optimize=True)
            return np.maximum(y + parts[1], 0)

        x = rgb[..., ::-1].astype(np.float64) - (104.006, 116.669, 122.679)
        maps = {"conv1": convolved(x, "conv1", 2)}
        x = maps["conv1"]
        for number in FIRES:
            if number in (2, 4, 6):
                x = pooled(windows(x, 3, 2, np.nan), axis=(3, 4))
            x = convolved(x, f"fire{number}/squeeze1x1")
            sides = [convolved(x, f"fire{number}/expand{size}") for size in ("1x1", "3x3")]
            x = maps[f"fire{number}"] = np.concatenate(sides, -1)
    return maps


@pytest.mark.parametrize(("pooling", "pooled"), [("max", np.nanmax), ("average", np.nanmean)])
def test_squeezenet_computes_what_is_defined(weights, small_photo, pooling, pooled):
    rgb = small_photo[:64, :48].astype(np.float32)
    network = networks.build("squeezenet", weights, pooling)
    ours = network.features(*network.every_layer)(rgb[None])
    theirs = computed(weights, rgb, pooled)
    assert network.every_layer == tuple(theirs)
    for name, a in zip(network.every_layer, ours, strict=True):
        b = theirs[name]
        np.testing.assert_allclose(a[0], b, rtol=1e-3, atol=1e-4 * b.max(), err_msg=name)


def test_within_the_border_the_original_without_padding_is_met(weights, small_photo):
    rgb = small_photo[:64, :64].astype(np.float32)
    first = networks.build("squeezenet", weights).features("conv1")(rgb[None])[0][0]
    with h5py.File(weights) as file:
        kernel, bias = file["conv1/uniform1"][()], file["conv1/conv1_b"][()]
    x = rgb[..., ::-1] - np.asarray((104.006, 116.669, 122.679), np.float32)
    patches = np.lib.stride_tricks.sliding_window_view(x, (3, 3), (0, 1))[::2, ::2]
    unpadded = np.maximum(np.einsum("hwcij,ijcf->hwf", patches, kernel, optimize=True) + bias, 0)
    assert unpadded.shape == (31, 31, 64)
    np.testing.assert_allclose(first[:31, :31], unpadded, rtol=1e-3, atol=1e-2)


def test_a_file_without_an_expansion_is_refused_by_name(tmp_path):
    path = random_file(tmp_path / "squeezenet.h5")
    with h5py.File(path, "a") as file:
        del file["fire6/expand3x3"]
    with pytest.raises(ValueError, match=r"fire6_expand3x3\.kernel is missing"):
        networks.build("squeezenet", path)


def test_the_published_file_is_the_one_in_the_list():
    import hashlib

    if not PUBLISHED.exists():
        pytest.skip("the published file is not on this machine")
    listed = BY_NAME["squeezenet"].weights
    assert listed is not None
    assert listed.size == PUBLISHED.stat().st_size
    assert listed.hash == "sha256:" + hashlib.sha256(PUBLISHED.read_bytes()).hexdigest()
