"""Readers of the two published formats: LeCun's IDX, and CIFAR-10's binary version.

Both are plain bytes. The Python version of CIFAR-10, which ``torchvision.datasets.CIFAR10`` reads,
is pickles: it checks their md5 sums, but a pickle can still run whatever it was made to run.
"""

from __future__ import annotations

import gzip
import math
import re
import tarfile
from collections.abc import Generator
from pathlib import Path

import numpy as np

_CHUNK = 1 << 23  # bytes unpacked between two yields, about 0.1 s
_SIDE, _CHANNELS = 32, 3
_RECORD = 1 + _CHANNELS * _SIDE * _SIDE  # a label, then the red, the green and the blue plane
_BATCH = re.compile(r"(?:.*/)?data_batch_[1-5]\.bin")


def read_idx(path: Path, most: int) -> Generator[None, None, np.ndarray]:
    """The array in a gzipped IDX file of bytes: uint8, of 1 to 3 dimensions.

    Yields while it reads. Raises ValueError for another format or for over ``most`` values, and
    what gzip raises (OSError, EOFError, zlib.error) for a damaged file.
    """
    with gzip.open(path) as stream:
        head = stream.read(4)
        # two zero bytes, 8 for unsigned bytes, the number of dimensions
        if len(head) < 4 or head[:3] != b"\0\0\x08" or not 1 <= head[3] <= 3:
            raise ValueError("no IDX file of bytes")
        sides = stream.read(4 * head[3])
        if len(sides) < 4 * head[3]:
            raise ValueError("the IDX file ends early")
        shape = tuple(int(side) for side in np.frombuffer(sides, ">u4"))
        length = math.prod(shape)
        if length > most:
            raise ValueError(f"the IDX file has {length} values, over {most}")
        data = bytearray()
        while len(data) < length and (chunk := stream.read(min(_CHUNK, length - len(data)))):
            data += chunk
            yield
    if len(data) < length:
        raise ValueError("the IDX file ends early")
    return np.frombuffer(data, np.uint8).reshape(shape)


def read_cifar(path: Path, most: int) -> Generator[None, None, tuple[np.ndarray, np.ndarray]]:
    """The training batches in CIFAR-10's binary tar.gz: uint8 (N, 3, 32, 32), and labels (N,).

    Nothing is unpacked to disk. Yields while it reads. Raises ValueError for another format or
    for over ``most`` pictures, and what gzip and tarfile raise for a damaged file.
    """
    data = bytearray()
    with tarfile.open(path, "r|gz") as archive:
        for member in archive:
            wanted = member.isreg() and _BATCH.fullmatch(member.name)
            stream = archive.extractfile(member) if wanted else None
            if stream is None:
                continue
            end = len(data) + member.size
            if member.size % _RECORD or end > most * _RECORD:
                raise ValueError(f"{member.name} has {member.size} bytes")
            while chunk := stream.read(_CHUNK):
                data += chunk
                yield
            if len(data) < end:
                raise ValueError(f"{member.name} ends early")
    if not data:
        raise ValueError("the archive holds no training batch")
    records = np.frombuffer(data, np.uint8).reshape(-1, _RECORD)
    return records[:, 1:].reshape(-1, _CHANNELS, _SIDE, _SIDE), records[:, 0]
