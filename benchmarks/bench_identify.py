"""Who is it, out of a gallery of K: ours in a file against scikit-learn's exact search in memory.

python benchmarks/bench_identify.py [ROUNDS] [K ...]

Needs about 2 GB of disk and 3 GB of memory for the million.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from sklearn.neighbors import NearestNeighbors
from timing import alternate, machine, row

sys.path.insert(0, str(Path(__file__).parents[1]))

from plugins.face.gallery import Gallery

DIMENSION, NEAREST = 128, 5
SIZES = (100_000, 1_000_000)


def timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def measure(size: int, rounds: int, folder: str) -> list[str]:
    """The rows of the table for a gallery of ``size`` people with a picture each."""
    rng = np.random.default_rng(size)
    encodings = rng.standard_normal((size, DIMENSION), dtype=np.float32) / DIMENSION**0.5
    noise = rng.standard_normal((64, DIMENSION), dtype=np.float32) / DIMENSION**0.5
    queries = encodings[rng.integers(size, size=64)] + 0.5 * noise
    peer = NearestNeighbors(n_neighbors=NEAREST, algorithm="brute").fit(encodings)
    with Gallery(f"sqlite:///{folder}/{size}.db") as gallery:
        items = ((f"person {i}", encodings[i], b"jpeg") for i in range(size))
        ids = np.array([])

        def fill() -> None:
            nonlocal ids
            ids = np.array(gallery.enrol_all(items, "benchmark"))

        print(f"{size:,}: enrolled in {timed(fill):.1f} s", end=", ", flush=True)
        first = timed(lambda: gallery.search(queries[:1], "benchmark", NEAREST))
        print(f"the first search took {first:.2f} s", end=", ", flush=True)

        ours = [
            [match.person for match in matches]
            for matches in gallery.search(queries, "benchmark", NEAREST)
        ]
        theirs = ids[peer.kneighbors(queries, return_distance=False)].tolist()
        equal = sum(a == b for a, b in zip(ours, theirs, strict=True))
        print(f"{equal} of {len(queries)} answers are equal", end=", ", flush=True)

        rows = []
        for what, batch in (("one query", queries[:1]), ("64 queries, each", queries)):
            us, them = alternate(
                lambda batch=batch: (
                    timed(lambda: gallery.search(batch, "benchmark", NEAREST)) / len(batch)
                ),
                lambda batch=batch: timed(lambda: peer.kneighbors(batch)) / len(batch),
                rounds,
            )
            rows.append(row(f"K = {size:,}, {what}", us, them, unit=1e-3))
            print(f"{what}: {statistics.median(us) * 1e3:.2f} ms", end="; ", flush=True)
        print()
        return rows


def main(rounds: int, sizes: list[int]) -> None:
    rows: list[str] = []
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            rows += measure(size, rounds, folder)
    print(f"\nThe {NEAREST} nearest people, milliseconds ({machine()})\n")
    print("| | Triptych | scikit-learn | ratio |\n|---|---|---|---|")
    print("\n".join(rows))


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]]
    main(numbers[0] if numbers else 15, numbers[1:] or list(SIZES))
