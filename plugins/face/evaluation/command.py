"""Measure a face model on folders of pictures.

    triptych face evaluate --images DIR --pairs pairs.txt   LFW's View-2 protocol
    triptych face evaluate --images DIR                     every pair of pictures
    triptych face evaluate --images DIR --against DIR2      every one against every one

DIR has one sub-folder of pictures for each person. What was encoded is kept in a cache, so a run
that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from host import UserError
from host.settings import Settings
from plugins.face.evaluation import pairs_file
from plugins.face.evaluation.encode_files import encode_files
from plugins.face.evaluation.folders import existing_folder, find_pictures
from plugins.face.evaluation.loading import find_model, make_encode
from plugins.face.evaluation.output import summary, write
from plugins.face.evaluation.protocols import evaluate_all_pairs, evaluate_pairs, evaluate_two
from plugins.face.models import BY_NAME


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
        help="where encodings and downloads are kept; left out, the app's",
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
        pairs = pairs_file.first(pairs_file.read(args.pairs), args.limit)
        folders = [pairs_file.locate(pairs, existing_folder(args.images), args.pairs.name)]
    else:
        roots = [args.images, args.against] if args.against else [args.images]
        folders = [find_pictures(root, args.limit) for root in roots]

    given = {name: getattr(args, name) for name in ("weights", "cache") if getattr(args, name)}
    settings = Settings(**given)
    model, weights = find_model(args.model, settings)
    encode = make_encode(model, weights)
    sets = [encode_files(files, encode, model.name, settings.cache) for files in folders]
    if args.pairs:
        rows = [(pair.first.key, pair.second.key, pair.same, pair.fold) for pair in pairs]
        report = evaluate_pairs(sets[0], rows, model.name)
    elif args.against:
        report = evaluate_two(sets[0], sets[1], model.name)
    else:
        report = evaluate_all_pairs(sets[0], model.name)

    print(summary(report))
    if args.out:
        write(report, args.out, folders[0], folders[-1])
    if args.json:
        print(json.dumps(report.figures()), flush=True)
