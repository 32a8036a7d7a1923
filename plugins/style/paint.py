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
from PIL import Image
from tqdm import tqdm

from host import UserError, images
from host.devices import DeviceError
from host.executors.call import WorkerError
from host.plugins import PluginError
from plugins.style import settings as ranges
from plugins.style.files import painted_png, read_settings
from plugins.style.making import Making
from plugins.style.models import BY_NAME
from plugins.style.results import Losses, TransferStep
from plugins.style.settings import Settings

LIMITS = images.Limits(max_bytes=200_000_000, max_pixels=200_000_000)  # the operator's own files
OUTPUTS = (".png", ".jpg", ".jpeg")
DAY = 86_400.0  # seconds that one picture may take; the page's limit is for its visitors
_SENT = 2 * ranges.GPU_SIZES[1]  # pixels; more of a side is not needed for the largest result


@dataclass(frozen=True)
class Job:
    """One picture to paint: from ``content`` to ``out``, with a film to ``making`` or None."""

    content: Path
    out: Path
    making: Path | None


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
    jobs = _jobs(args)
    if args.masks and len(args.masks) != len(args.style):
        raise UserError(f"Give one mask for each painting: {len(args.style)} in all.")
    for path in {path.parent for job in jobs for path in (job.out, job.making) if path}:
        _writable(path)
    masks = [_load(path).mean(-1).astype(np.uint8) for path in args.masks or ()]
    style = Style([_load(path) for path in args.style], [*masks] or None, settings)
    batch = args.content.is_dir()
    newest = max(path.stat().st_mtime for path in (*args.style, *(args.masks or ())))
    failed, painted = 0, 0
    with _backend() as backend:
        for job in jobs:
            if batch and not args.force and _is_done(job, newest):
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


def _jobs(args: argparse.Namespace) -> list[Job]:
    """What is to be painted, by file name. Raises UserError for names that cannot be meant."""
    if not args.content.exists():
        raise UserError(f"There is no {args.content}.")
    if not args.content.is_dir():
        if args.out.suffix.lower() not in OUTPUTS:
            raise UserError("The name of --out must end in .png or .jpg.")
        if args.making and args.making.suffix.lower() != ".gif":
            raise UserError("The name of --making must end in .gif.")
        _spare([args.out, args.making], [args.content, *args.style, *(args.masks or ())])
        return [Job(args.content, args.out, args.making)]
    for name, folder in (("--out", args.out), ("--making", args.making)):
        if folder and (folder.exists() or folder.suffix) and not folder.is_dir():
            raise UserError(f"{name} must be a folder, as --content is one.")
    found = sorted(
        path
        for path in args.content.iterdir()
        if path.suffix[1:].lower() in images.EXTENSIONS
        and not path.name.startswith(".")
        and path.is_file()
    )
    if not found:
        raise UserError(f"There are no pictures in the folder {args.content}.")
    stems = [path.stem.lower() for path in found]
    jobs = []
    for path in found:
        name = path.name if stems.count(path.stem.lower()) > 1 else path.stem  # a.jpg and a.png
        making = args.making / f"{name}.gif" if args.making else None
        jobs.append(Job(path, args.out / f"{name}.png", making))
    outputs = [path for job in jobs for path in (job.out, job.making)]
    _spare(outputs, [*found, *args.style, *(args.masks or ())])
    return jobs


def _spare(outputs: list[Path | None], inputs: list[Path]) -> None:
    kept = {path.resolve() for path in inputs}
    for path in outputs:
        if path and path.resolve() in kept:
            raise UserError(f"{path} would be overwritten: choose another --out.")


def _writable(folder: Path) -> None:
    """Make the folder. Raises UserError when it cannot be written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{folder} cannot be made: {error.strerror}.") from error
    if not os.access(folder, os.W_OK):
        raise UserError(f"{folder} cannot be written to.")


def _is_done(job: Job, newest: float) -> bool:
    try:
        return job.out.stat().st_mtime > max(job.content.stat().st_mtime, newest)
    except OSError:
        return False


def _load(path: Path) -> np.ndarray:
    if not path.is_file():
        raise UserError(f"{path} is no file.")
    try:
        return images.fit(images.load(path, LIMITS), _SENT)
    except UserError as error:
        raise UserError(f"{path}: {error}") from error


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
        photo = images.fit(images.load(job.content, LIMITS), _SENT)
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
                bar.set_postfix_str(_progress(last), refresh=False)
                bar.update(last.step - bar.n)
        except KeyboardInterrupt:
            stopped = True
    if picture is None or last is None:
        raise KeyboardInterrupt if stopped else UserError("Nothing was painted.")
    out = job.out
    if stopped and args.content.is_dir():  # under its own name it would pass for finished
        out = out.with_name(f"{out.stem}.unfinished.png")
    _write(out, _encoded(out, picture, settings, last))
    if job.making and making is not None:
        _write(job.making, making.gif())
    if stopped:
        raise KeyboardInterrupt(f"Stopped at step {last.step}: the picture so far is in {out}.")
    _tell(args, f"{out}: {_summary(picture, last)}")


def _total(step: TransferStep, settings: Settings) -> int:
    """How many steps there will be: with a time limit, as many as fit in."""
    if not settings.seconds or step.left is None or not step.elapsed:
        return step.steps
    return min(step.steps, round(step.step * (1 + step.left / step.elapsed)))


def _progress(step: TransferStep) -> str:
    left = "" if step.left is None else f"{step.left:.0f} s left"
    return f"{left}, {_losses(step.losses)}" if step.losses else left


def _losses(losses: Losses) -> str:
    names = ("total", "content", "style", "smoothness")
    return ", ".join(f"{name} {getattr(losses, name):.4f}" for name in names)


def _summary(picture: np.ndarray, step: TransferStep) -> str:
    height, width = picture.shape[:2]
    losses = f"; losses: {_losses(step.losses)}" if step.losses else ""
    return f"{width} x {height}, {step.network}, {step.step} steps in {step.elapsed:.1f} s{losses}"


def _encoded(out: Path, picture: np.ndarray, settings: Settings, step: TransferStep) -> bytes:
    if out.suffix.lower() == ".png":
        settings = dataclasses.replace(settings, network=step.network)  # "auto" may change
        if settings.seconds:  # they decided, not the steps
            steps = max(step.step, ranges.STEPS[0])
            settings = dataclasses.replace(settings, steps=steps)
        made = {"network": step.network, "losses": _losses(step.losses) if step.losses else ""}
        return painted_png(picture, settings, made)
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "JPEG", quality=95, subsampling=0)
    return stream.getvalue()


def _write(path: Path, data: bytes) -> None:
    """All of it or nothing: half a picture would pass for a finished one."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            beside.write_bytes(data)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}.") from error


def _tell(args: argparse.Namespace, text: str) -> None:
    if not args.quiet:
        print(text, flush=True)
