"""Paint a picture, or a folder of them, in the manner of one or more paintings.

    triptych style paint --content photo.jpg --style painting.jpg --out painted.png
    triptych style paint --content photos/ --style a.jpg b.jpg --shares 1 2 --out painted/

It runs in the same worker and on the same device as the page; TRIPTYCH_... and the Spacefile count
here too. Of a folder, what was painted already is left as it is; Ctrl-C keeps the picture so far.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import io
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from tqdm import tqdm

from host import UserError
from host.devices import DeviceError
from host.executors.call import WorkerError
from host.plugins import PluginError
from plugins.style import settings as ranges
from plugins.style.models import BY_NAME
from plugins.style.painting.files import read_settings
from plugins.style.painting.jobs import Job, is_done, jobs_of, load, make_folder, read
from plugins.style.painting.making import Making
from plugins.style.painting.output import encoded, progress, summary, write
from plugins.style.results import TransferStep
from plugins.style.settings import Settings

DAY = 86_400.0  # seconds that one picture may take; the page's limit is for its visitors


@dataclass(frozen=True)
class Style:
    """What every picture shares: RGB paintings, a mask (H, W) or None for each, the settings."""

    paintings: list[np.ndarray]
    masks: list[np.ndarray | None] | None
    settings: Settings


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message[:1].upper()}{message[1:]}.")


def main(arguments: Sequence[str]) -> int:
    """0 when all is painted, 1 when some is not, 2 for what was asked wrongly, 130 for Ctrl-C."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # names of files may hold what is no text
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        return _run(_parser().parse_args(arguments))
    except (UserError, PluginError, DeviceError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except WorkerError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt as stop:
        print("\n" + (str(stop) or "Stopped."), file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="triptych style paint",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--content", type=Path, required=True, metavar="PICTURE", help="a photo, or a folder")
    add("--style", type=Path, required=True, nargs="+", metavar="PICTURE", help="the paintings")
    add("--out", type=Path, required=True, metavar="FILE", help=".png or .jpg; or a folder")
    add("--masks", type=Path, nargs="+", metavar="PICTURE", help="where each painting goes (white)")
    add("--settings", type=Path, metavar="PNG", help="begin with those in a painted PNG")
    add("--making", type=Path, metavar="GIF", help="also a film of the making; or a folder")
    add("--force", action="store_true", help="paint again what is there and newer")
    add("--quiet", action="store_true", help="tell errors only")
    group = parser.add_argument_group("settings", "what is left out is as on the page")
    for name, kind in (
        ("size", float),
        ("steps", float),
        ("seconds", float),
        ("content_weight", float),
        ("style_weight", float),
        ("smoothness", float),
        ("seed", float),
        ("content_layer", str),
    ):
        group.add_argument(f"--{name.replace('_', '-')}", type=kind)
    for name in ("shares", "layer_weights"):
        group.add_argument(f"--{name.replace('_', '-')}", type=float, nargs="+", metavar="NUMBER")
    for name, allowed in (
        ("start", ranges.STARTS),
        ("colours", ranges.COLOURS),
        ("pooling", ranges.POOLINGS),
        ("network", (ranges.AUTO, *BY_NAME)),
    ):
        group.add_argument(f"--{name}", choices=allowed)
    return parser


def _run(args: argparse.Namespace) -> int:
    # Whatever is wrong with the files is told before any worker is started.
    settings = _settings(args)
    jobs = jobs_of(args.content, args.out, args.making, [*args.style, *(args.masks or ())])
    if args.masks and len(args.masks) != len(args.style):
        raise UserError(f"Give one mask for each painting: {len(args.style)} in all.")
    for path in {path.parent for job in jobs for path in (job.out, job.making) if path}:
        make_folder(path)
    masks = [load(path).mean(-1).astype(np.uint8) for path in args.masks or ()]
    style = Style([load(path) for path in args.style], [*masks] or None, settings)
    batch = args.content.is_dir()
    newest = max(path.stat().st_mtime for path in (*args.style, *(args.masks or ())))
    failed, painted = 0, 0
    with _backend() as backend:
        for job in jobs:
            if batch and not args.force and is_done(job, newest):
                _tell(args, f"{job.out}: there already")
                continue
            try:
                _paint(backend, job, style, args)
                painted += 1
            except (UserError, WorkerError) as error:
                if not batch:
                    raise
                failed += 1
                print(f"error: {job.content}: {error}", file=sys.stderr)
    if batch:
        _tell(args, f"{painted} painted, {failed} failed, {len(jobs) - painted - failed} left.")
    return 1 if failed else 0


def _settings(args: argparse.Namespace) -> Settings:
    base = read_settings(args.settings) if args.settings else Settings()
    if len(set(base.shares)) < 2:
        base = dataclasses.replace(base, shares=())  # equal, so of any number of paintings
    given: dict[str, Any] = {
        field.name: tuple(value) if isinstance(value, list) else value
        for field in dataclasses.fields(Settings)
        if (value := getattr(args, field.name)) is not None
    }
    if args.seconds and args.steps is None:
        given["steps"] = ranges.STEPS[1]  # the time decides
    return dataclasses.replace(base, **given).checked(len(args.style), ranges.GPU_SIZES)


@contextlib.contextmanager
def _backend() -> Iterator[Any]:
    """The plugin's backend in its worker, without the page's limit on a call's time."""
    from host import Host
    from host.settings import Settings as HostSettings

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    settings = HostSettings(only=["style"])
    ours = settings.for_plugin("style").model_copy(update={"time_limit": DAY})
    plugins = {**settings.plugins, "style": ours}
    with Host(settings.model_copy(update={"plugins": plugins})) as host:
        yield host.backend("style")


def _paint(backend: Any, job: Job, style: Style, args: argparse.Namespace) -> None:
    """Paints and writes one picture. On Ctrl-C what is there is written before it goes on up."""
    try:
        photo = read(job.content)
    except UserError as error:
        if args.content.is_dir():  # the caller says which
            raise
        raise UserError(f"{job.content}: {error}") from error
    making = Making() if job.making else None
    last: TransferStep | None = None
    picture: np.ndarray | None = None
    stopped = False
    settings = style.settings
    bar = tqdm(
        total=settings.steps,
        desc=job.content.name,
        disable=args.quiet,
        mininterval=0.2 if sys.stderr.isatty() else 10.0,
        bar_format="{desc} {percentage:3.0f}%|{bar:24}| {n_fmt}/{total_fmt}{postfix}",
        leave=False,
    )
    steps = backend.transfer(photo, style.paintings, settings, style.masks)
    with bar, contextlib.closing(steps):
        try:
            for last in steps:
                if last.image is not None:
                    picture = last.image
                    if making is not None:
                        making.add(picture)
                bar.total = _total(last, settings)
                bar.set_postfix_str(progress(last), refresh=False)
                bar.update(last.step - bar.n)
        except KeyboardInterrupt:
            stopped = True
    if picture is None or last is None:
        raise KeyboardInterrupt if stopped else UserError("Nothing was painted.")
    out = job.out
    if stopped and args.content.is_dir():  # under its own name it would pass for finished
        out = out.with_name(f"{out.stem}.unfinished.png")
    write(out, encoded(out, picture, settings, last))
    if job.making and making is not None:
        write(job.making, making.gif())
    if stopped:
        raise KeyboardInterrupt(f"Stopped at step {last.step}: the picture so far is in {out}.")
    _tell(args, f"{out}: {summary(picture, last)}")


def _total(step: TransferStep, settings: Settings) -> int:
    """How many steps there will be: with a time limit, as many as fit in."""
    if not settings.seconds or step.left is None or not step.elapsed:
        return step.steps
    return min(step.steps, round(step.step * (1 + step.left / step.elapsed)))


def _tell(args: argparse.Namespace, text: str) -> None:
    if not args.quiet:
        print(text, flush=True)
