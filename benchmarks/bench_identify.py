"""Who is it, out of a gallery of K: ours in a file against two searches in memory.

A plain NumPy matrix product, and faiss's exact index. The encodings are unit vectors, so that the
largest product is the nearest; how many answers agree is in the table. The million needs about
2 GB of disk and 4 GB of memory.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator

import numpy as np
from rows import Row, compared, measured, report
from timing import alternate, seconds

from plugins.face.gallery import Gallery

DIMENSION, NEAREST, QUERIES = 128, 5, 64
SIZES = (1_000, 100_000, 1_000_000)
Search = Callable[[np.ndarray], np.ndarray]
"""Queries (Q, D) -> for each the rows of its nearest, nearest first."""


def unit_vectors(rng: np.random.Generator, count: int) -> np.ndarray:
    vectors = rng.standard_normal((count, DIMENSION), dtype=np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def numpy_search(encodings: np.ndarray) -> Search:
    def search(queries: np.ndarray) -> np.ndarray:
        products = queries @ encodings.T
        first = np.argpartition(products, -NEAREST, axis=1)[:, -NEAREST:]
        order = np.argsort(-np.take_along_axis(products, first, 1), axis=1)
        return np.take_along_axis(first, order, 1)

    return search


def faiss_search(encodings: np.ndarray) -> Search:
    """Raises ImportError where faiss is not installed."""
    import faiss

    index = faiss.IndexFlatIP(DIMENSION)
    index.add(encodings)
    return lambda queries: index.search(queries, NEAREST)[1]


def gallery_of(size: int, rounds: int, folder: str) -> Iterator[Row]:
    """Rows of a gallery of ``size`` people with a picture each."""
    rng = np.random.default_rng(size)
    encodings = unit_vectors(rng, size)
    noisy = encodings[rng.integers(size, size=QUERIES)] + 0.5 * unit_vectors(rng, QUERIES)
    queries = noisy / np.linalg.norm(noisy, axis=1, keepdims=True)
    with Gallery(f"sqlite:///{folder}/{size}.db") as gallery:
        items = ((f"person {i}", encodings[i], b"jpeg") for i in range(size))
        ids: list[int] = []
        yield measured(
            f"Enrolling {size:,} people",
            [seconds(lambda: ids.extend(gallery.enrol_all(items, "benchmark")))],
        )

        def ours(batch: np.ndarray) -> list[list[int]]:
            matches = gallery.search(batch, "benchmark", NEAREST)
            return [[match.person for match in found] for found in matches]

        first = seconds(lambda: ours(queries[:1]))
        yield measured(f"The first search after it, K = {size:,}", [first])
        for name, make in (
            ("NumPy's matrix product", numpy_search),
            ("faiss IndexFlatIP", faiss_search),
        ):
            try:
                theirs = make(encodings)
            except ImportError:
                yield Row(
                    f"Who is it, K = {size:,}, against {name}",
                    note="left out: faiss-cpu is not installed (make benchmark installs it)",
                )
                continue
            answers = np.array(ids)[theirs(queries)].tolist()
            equal = sum(a == b for a, b in zip(ours(queries), answers, strict=True))
            for what, batch in (("one query", queries[:1]), (f"{QUERIES} at once", queries)):
                us, them = alternate(
                    lambda batch=batch: seconds(lambda: ours(batch)) / len(batch),
                    lambda batch=batch, theirs=theirs: seconds(lambda: theirs(batch)) / len(batch),
                    rounds,
                )
                note = f"{equal} of {QUERIES} answers equal"
                yield compared(f"Who is it, K = {size:,}, {what}", name, us, them, "ms", note)


def measure(options: argparse.Namespace) -> Iterator[Row]:
    for size in SIZES[:1] if options.quick else SIZES:
        with tempfile.TemporaryDirectory() as folder:
            yield from gallery_of(size, options.rounds, folder)


if __name__ == "__main__":
    report(measure, __doc__, rounds=15)
