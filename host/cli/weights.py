"""``triptych weights``: the published weight files that plugins can use."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from tqdm import tqdm

from host.cli.flags import discovered
from host.plugin import UserError
from host.weights import WeightFile, WeightsStore


def main(arguments: Sequence[str]) -> int:
    """0 when all is well, 1 when a file could not be had, 2 for a file that nobody publishes."""
    parser = argparse.ArgumentParser(
        prog="triptych weights",
        description="Without a name, list the published files that the plugins can use. With "
        "names, fetch those, checked by hash.",
    )
    parser.add_argument("files", nargs="*", metavar="FILE", help="as listed; or a plugin's name")
    parser.add_argument(
        "--plugin", action="append", default=[], metavar="PATH_OR_MODULE", help="of this one too"
    )
    parser.add_argument("--all", action="store_true", help="fetch all of them")
    args = parser.parse_args(arguments)
    settings, plugins = discovered("triptych weights", [f"--plugin={each}" for each in args.plugin])
    store = WeightsStore.of(settings)
    files = [(found.name, file) for found in plugins for file in found.weights]
    if not (args.files or args.all):
        print("\n".join(_line(plugin, file, store) for plugin, file in files))
        return 0
    wanted = [file for plugin, file in files if args.all or {plugin, file.name} & {*args.files}]
    for name in args.files:
        if not any(name in (plugin, file.name) for plugin, file in files):
            known = ", ".join(file.name for _, file in files) or "none"
            print(f"triptych: no plugin publishes {name!r}; there are: {known}", file=sys.stderr)
            return 2
    # Not stopped by one that cannot be had: the others may be on another server.
    return max([_fetch(store, file) for file in dict.fromkeys(wanted)], default=0)


def _line(plugin: str, file: WeightFile, store: WeightsStore) -> str:
    here = store.find(file)
    place = f"here: {here}" if here else "not here"
    return f"{file.name}\n  {plugin}, {file.size / 1e6:.0f} MB, {file.licence}\n  {place}"


def _fetch(store: WeightsStore, file: WeightFile) -> int:
    bar = tqdm(desc=file.name, unit="B", unit_scale=True, unit_divisor=1000)
    try:
        with bar:
            for progress in store.fetch(file):
                bar.total = progress.total
                bar.update(progress.done - bar.n)
    except UserError as error:
        print(f"triptych: {error}", file=sys.stderr)
        return 1
    print(f"{file.name}: {store.find(file)}")
    return 0
