"""A published set of pictures as tensors ready for training."""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Generator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad

from host import UserError, checks
from host.weights import WeightsStore
from plugins.gan.data.formats import read_cifar, read_idx
from plugins.gan.data.sources import MAX_VALUES, Source, alternative, fetch, known, local, store_of
from plugins.gan.evaluation.steps import finish, told
from plugins.gan.pictures import bundled_digits, enlarge

LIMIT = 20_000
"""Pictures for a live run, unless asked for otherwise."""
MIN_SIZE, MAX_SIZE = 8, 128
_SEED = 0
_BATCH = 250  # pictures scaled between two yields
_MARGIN = 2  # LeNet-5 pads MNIST's 28x28 to 32x32 (LeCun et al. 1998, section II.B)

Data = tuple[Tensor, Tensor]

_kept: dict[tuple[Source, int, int], Data] = {}
"""The set that was read last. Never two: the next one is made room for."""


def load(
    name: str | Source,
    size: int,
    folder: WeightsStore | Path,
    allow_download: bool = False,
    limit: int = LIMIT,
) -> Data:
    """A source's training pictures, float32 (N, C, size, size) in [-1, 1], and labels int64 (N,).

    name: of :data:`SOURCES`. size: 8 to 128; pictures of 28 pixels get a margin to 32 first.
    folder: a store, such as the host's, or a folder for its files.
    limit: at most so many pictures, and of large ones no more than fit into 400 MB. They are
        drawn with a fixed seed, evenly from all classes, and come with the classes mixed, so
        that each beginning of them is a fair sample too and a larger limit only adds to them.

    Tensors are shared with later calls: do not write to them. Raises UserError for an unknown
    name, numbers out of range, files that are not here or cannot be had, or damaged ones.
    """
    return finish(load_steps(name, size, folder, allow_download, limit))


def load_steps(
    name: str | Source,
    size: int,
    folder: WeightsStore | Path,
    allow_download: bool = False,
    limit: int = LIMIT,
) -> Generator[str, None, Data]:
    """:func:`load`, several times a second yielding a sentence on how far it is."""
    source = known(name)
    size = checks.whole("The size of the pictures", size, MIN_SIZE, MAX_SIZE)
    limit = checks.whole("The number of training pictures", limit, 1, 1_000_000)
    store = store_of(folder, allow_download)
    return _load(source, size, store, min(limit, MAX_VALUES // (source.channels * size**2)))


def _load(source: Source, size: int, store: WeightsStore, limit: int) -> Generator[str, None, Data]:
    if not source.files:
        pictures, labels = bundled_digits(size)
        chosen = torch.from_numpy(balanced(labels.numpy(), limit))
        return pictures[chosen], labels[chosen]
    key = (source, size, limit)
    if (kept := _kept.get(key)) is not None:
        return kept
    reading = f"Reading {source.title} ..."
    yield reading  # checking a hash may take most of a second
    paths = local(source, store)
    if paths is None:
        if store.offline:
            raise UserError(f"{source.title} is not on this machine yet. {alternative(source)}")
        for progress in fetch(source, store):
            yield (
                f"Downloading {source.title}: {progress.done / 1e6:.0f} of "
                f"{progress.total / 1e6:.0f} MB ..."
            )
        paths = local(source, store)
        if paths is None:
            raise UserError(f"The files of {source.title} vanished. {alternative(source)}")
    yield reading
    _kept.clear()
    try:
        reader = _read_idx(source, paths) if source.layout == "idx" else _read_cifar(source, paths)
        raw, classes = yield from told(reader, lambda _: reading)
        _check(source, raw, classes)
    except (OSError, EOFError, ValueError, zlib.error, tarfile.TarError) as error:
        raise UserError(
            f"The files of {source.title} cannot be read ({error}). {alternative(source)}"
        ) from error
    chosen_raw = balanced(classes, limit)
    pictures = torch.empty(len(chosen_raw), source.channels, size, size)
    for first in range(0, len(chosen_raw), _BATCH):
        part = slice(first, first + _BATCH)
        pictures[part] = scaled(torch.from_numpy(raw[chosen_raw[part]]), size)
        yield reading
    data = pictures, torch.from_numpy(classes[chosen_raw].astype(np.int64))
    _kept[key] = data
    return data


Raw = tuple[np.ndarray, np.ndarray]


def _read_idx(source: Source, paths: list[Path]) -> Generator[None, None, Raw]:
    images = yield from read_idx(paths[0], source.count * source.size**2)
    labels = yield from read_idx(paths[1], source.count)
    return images[:, None], labels


def _read_cifar(source: Source, paths: list[Path]) -> Generator[None, None, Raw]:
    return (yield from read_cifar(paths[0], source.count))


def _check(source: Source, images: np.ndarray, labels: np.ndarray) -> None:
    shape = (len(labels), source.channels, source.size, source.size)
    if images.shape != shape or labels.ndim != 1 or not len(labels):
        raise ValueError(f"pictures of shape {images.shape} with {labels.size} labels")
    if labels.max() >= source.classes:
        raise ValueError(f"a label of {labels.max()} among {source.classes} classes")


def balanced(labels: np.ndarray, limit: int) -> np.ndarray:
    """Which pictures to take: at most ``limit`` places in ``labels`` (N,), int64.

    The k-th picture of every class comes before the (k + 1)-th of any, in an order drawn with a
    fixed seed. Where a class runs out, the others go on.
    """
    random = np.random.default_rng(_SEED)
    order = random.permutation(len(labels))
    rank = np.empty(len(labels), np.int64)
    for label in np.unique(labels):
        members = order[labels[order] == label]
        rank[members] = np.arange(len(members))
    return order[np.argsort(rank[order], kind="stable")][:limit]


def scaled(pictures: Tensor, size: int) -> Tensor:
    """uint8 (N, C, h, h) -> float32 (N, C, size, size) in [-1, 1]; 28 pixels are padded to 32."""
    values = pictures.float() / 255
    if values.shape[-1] == 28:
        values = pad(values, (_MARGIN,) * 4)
    if values.shape[-1] != size:
        values = enlarge(values, size).clamp(0, 1)
    return values * 2 - 1
