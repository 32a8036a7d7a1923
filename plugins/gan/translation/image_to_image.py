"""Portraits from lines, and colours for grey pictures, by the shipped networks."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image

from host import UserError, checks, images
from plugins.gan.loaded import LoadedNetworks
from plugins.gan.translation import edges
from plugins.gan.translation.colour import coloured
from plugins.gan.translation.lab import chroma, grey_of
from plugins.gan.translation.quality import compare
from plugins.gan.translation.results import DETAIL, Translation
from plugins.gan.translation.unet import UNet

SIZE = 128
"""The sides of a portrait made of lines."""
MAX_SIDE = 1024
"""Of a picture that is coloured; larger ones are scaled down."""
MIN_SIDE = 16
COMPARED = 512
"""Figures are taken from copies with sides of at most so many pixels, to keep them quick."""
GREY = 2.0
"""Mean chroma of a picture without colours: below, there is no truth to compare with."""
MEAN = "edges_mean.png"
KINDS = {"L1 only": "l1", "GAN": "gan"}


class ImageToImage:
    """By edges_l1, edges_gan, colour_l1, colour_gan and perceptual of ``networks``, and
    edges_mean.png beside them."""

    def __init__(self, networks: LoadedNetworks) -> None:
        self._networks = networks

    def edges(
        self, picture: np.ndarray, drawing: bool = False, detail: float = DETAIL
    ) -> Translation:
        """A portrait of 128x128 pixels from lines.

        picture: RGB uint8 (H, W, 3). A photo's middle square is taken, and lines are found in it;
            the photo is the truth. A drawing (dark lines on light) is made square with more paper;
            it has no truth.
        drawing: whether ``picture`` is lines already.
        detail: 0 to 1, how weak the edges of a photo may be.

        The answers: "average", the mean of the portraits learnt from, whatever the lines; "L1
        only"; "GAN".

        Raises UserError for a picture with a side under 16 pixels or without any line.
        """
        _check(picture)
        detail = checks.number("The detail", detail, 0.0, 1.0)
        if drawing:
            target, lines = None, edges.drawing_lines(_on_square_paper(picture), SIZE)
        else:
            target = _resized(_middle(picture), SIZE)
            lines = edges.photo_lines(target, SIZE, detail)
        if not lines.any():
            raise UserError(
                "There are no lines in this drawing."
                if drawing
                else "No edges were found in this picture; give it more detail, or take another."
            )
        answers = {"average": self._mean()}
        for name, kind in KINDS.items():
            answers[name] = self._portrait(self._networks.unet(f"edges_{kind}"), lines)
        return self._compared(edges.picture_of(lines), answers, target)

    def colour(self, picture: np.ndarray) -> Translation:
        """Colours for a picture: RGB uint8 (H, W, 3), scaled down to 1,024 pixels a side.

        Its own colours are removed before the networks see it; they are the truth, unless it had
        none. The answers: "grey"; "L1 only"; "GAN". All have the picture's own lightness.

        Raises UserError for a picture with a side under 16 pixels, also after scaling.
        """
        _check(picture)
        given, picture = picture, images.fit(picture, MAX_SIDE)
        if min(picture.shape[:2]) < MIN_SIDE:
            height, width = given.shape[:2]
            raise UserError(f"This picture is too narrow: {width}x{height} pixels.")
        grey = grey_of(picture)
        answers = {"grey": grey}
        for name, kind in KINDS.items():
            answers[name] = coloured(self._networks.unet(f"colour_{kind}"), grey)
        return self._compared(grey, answers, picture if chroma(picture) >= GREY else None)

    def _compared(
        self, source: np.ndarray, answers: dict[str, np.ndarray], target: np.ndarray | None
    ) -> Translation:
        if target is None:
            return Translation(source, answers, None, {})
        truth = images.fit(target, COMPARED)
        if min(truth.shape[:2]) < MIN_SIDE:  # a very long, thin picture
            return Translation(source, answers, target, {})
        figures = {
            name: compare(self._networks.eye(), images.fit(answer, COMPARED), truth)
            for name, answer in answers.items()
        }
        return Translation(source, answers, target, figures)

    @torch.inference_mode()
    def _portrait(self, network: UNet, lines: np.ndarray) -> np.ndarray:
        condition = torch.from_numpy(lines)[None, None].to(self._networks.device) * 2 - 1
        answer = network(condition)[0].float().cpu().permute(1, 2, 0)
        return ((answer + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).numpy()

    def _mean(self) -> np.ndarray:
        with Image.open(self._networks.folder / MEAN) as image:
            return np.array(image.convert("RGB"))


def _check(picture: np.ndarray) -> None:
    if min(picture.shape[:2]) < MIN_SIDE:
        height, width = picture.shape[:2]
        raise UserError(
            f"This picture has {width}x{height} pixels; each side must have at least {MIN_SIDE}."
        )


def _middle(picture: np.ndarray) -> np.ndarray:
    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return picture[top : top + side, left : left + side]


def _on_square_paper(drawing: np.ndarray) -> np.ndarray:
    """The border is repeated: the paper may be of any shade."""
    height, width = drawing.shape[:2]
    side = max(height, width)
    above, before = (side - height) // 2, (side - width) // 2
    margins = ((above, side - height - above), (before, side - width - before), (0, 0))
    return np.pad(drawing, margins, mode="edge")


def _resized(picture: np.ndarray, size: int) -> np.ndarray:
    image = Image.fromarray(picture)
    return np.array(image.resize((size, size), Image.Resampling.LANCZOS, reducing_gap=3.0))
