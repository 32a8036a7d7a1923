"""Generated, labelled pictures as one zip that training programs read."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Iterator, Sequence

import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import one_hot

from plugins.gan.augmentation.results import ExportStep
from plugins.gan.latents import latents
from plugins.gan.networks import Generator
from plugins.gan.pictures import to_rgb

MOST = 10_000
REPORT_SECONDS = 0.6
_BATCH = 100
_DATE = (1980, 1, 1, 0, 0, 0)  # the same pictures make the same file, whenever they are drawn


def export(
    generator: Generator,
    count_per_class: int,
    seed: int = 0,
    truncation: float = 2.0,
    names: Sequence[str] | None = None,
) -> Iterator[ExportStep]:
    """Draw ``count_per_class`` pictures of each class into a zip; reports about every 0.6 seconds.

    The last report has the archive: a folder for each class with 00000.png and so on, the layout
    that torchvision's ``ImageFolder`` reads, and README.txt. Grey pictures are grey PNG files.

    generator: class-conditional, in evaluation mode. truncation: > 0, in standard deviations.
    names: of the classes and so of the folders; their numbers otherwise.

    Raises ValueError, at once, for a generator without classes or for more than 10,000 pictures.
    """
    classes = generator.config.classes
    if not classes:
        raise ValueError("a generator without classes makes no labelled pictures")
    if not 1 <= count_per_class * classes <= MOST:
        raise ValueError(f"1 to {MOST} pictures can be exported, not {count_per_class * classes}")
    folders = [str(number) for number in range(classes)] if names is None else list(names)
    if len(set(folders)) != classes:
        raise ValueError(f"{classes} different names are needed")
    readme = _README.format(
        size=generator.config.size,
        count=count_per_class,
        folders=", ".join(folders),
        seed=seed,
        truncation=truncation,
    )
    return _export(generator, count_per_class, seed, truncation, folders, readme)


def _export(
    generator: Generator,
    count: int,
    seed: int,
    truncation: float,
    folders: list[str],
    readme: str,
) -> Iterator[ExportStep]:
    total = count * len(folders)
    reported = time.monotonic()
    buffer = io.BytesIO()
    yield ExportStep(0, total)
    done = 0
    # PNG files are compressed already
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo("README.txt", _DATE), readme)
        for number, folder in enumerate(folders):
            # every class from the same latents: picture 7 of each is in the same handwriting
            points = latents(seed, count, generator.config.latent, truncation)
            for part in points.split(_BATCH):
                for at, picture in enumerate(_pictures(generator, part, number)):
                    place = done - number * count + at
                    entry = zipfile.ZipInfo(f"{folder}/{place:05d}.png", _DATE)
                    archive.writestr(entry, _png(picture))
                done += len(part)
                if time.monotonic() - reported >= REPORT_SECONDS:
                    yield ExportStep(done, total)
                    reported = time.monotonic()
    yield ExportStep(total, total, buffer.getvalue())


@torch.inference_mode()
def _pictures(generator: Generator, points: Tensor, number: int) -> list[Image.Image]:
    device = next(generator.parameters()).device
    labels = one_hot(torch.full((len(points),), number), generator.config.classes).float()
    drawn = to_rgb(generator(points.to(device), labels.to(device)))
    if generator.config.channels == 1:
        return [Image.fromarray(each[:, :, 0]) for each in drawn]
    return [Image.fromarray(each) for each in drawn]


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


_README = """\
Pictures that nobody made by hand
=================================

All pictures here were drawn by a class-conditional GAN. They are no photographs or scans, and a
label is what the generator was asked for: some pictures show something else.

{size} x {size} pixels, {count} of each class, one folder a class: {folders}.
Seed {seed}; latent vectors within {truncation:g} standard deviations (truncation trick).
Picture 00007 of each class was drawn from the same latent vector.

Reading them in Python:

    from torchvision.datasets import ImageFolder
    pictures = ImageFolder("the folder this file lies in")

Do not test a classifier on them: test on real pictures. Whether they help to train one can be
tried in the Augment tab of the program that wrote them; often they do not.
"""
