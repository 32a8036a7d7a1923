"""Everything a visitor can upload -> a clean RGB array, or one clear sentence."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageFile
from PIL.ExifTags import Base
from PIL.PngImagePlugin import PngInfo

from host.plugin import UserError

_FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP", "TIFF", "PPM")
EXTENSIONS = frozenset("jpg jpeg png webp avif gif bmp tif tiff pgm ppm".split())
"""How names of such files end, where files are chosen by name."""
_ALLOWED = "JPEG, PNG, WebP, AVIF, GIF, BMP, TIFF, PGM or PPM"
_DAMAGED = "This picture is damaged or incomplete and cannot be opened."
_UNKNOWN = f"This file is damaged or not a picture that can be opened here; use {_ALLOWED}."

_UPRIGHT = {  # EXIF 2.32, tag 0x0112: how the stored picture is turned to be seen upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class Limits:
    """What an upload may weigh: ``max_bytes`` of the file, ``max_pixels`` of the picture."""

    max_bytes: int = 20_000_000
    max_pixels: int = 40_000_000


OWN_FILES = Limits(max_bytes=200_000_000, max_pixels=200_000_000)
"""For a command's files, which whoever runs it chose."""


DEFAULT_LIMITS = Limits()


def files_in(folder: Path, below: bool = False) -> list[Path]:
    """The picture files in a folder, sorted; with ``below`` those in its folders too.

    Raises UserError for a folder that cannot be read.
    """
    try:
        paths = sorted(folder.rglob("*") if below else folder.iterdir())
        return [
            path
            for path in paths
            if path.suffix[1:].lower() in EXTENSIONS
            and not path.name.startswith(".")
            and path.is_file()
        ]
    except OSError as error:
        raise UserError(f"{folder} cannot be read: {error.strerror}.") from error


def load(source: str | os.PathLike[str] | bytes, limits: Limits = DEFAULT_LIMITS) -> np.ndarray:
    """Read a picture from a path or from its bytes as RGB uint8 of shape (H, W, 3).

    The content decides what a file is, not its name: JPEG (also CMYK and multi-picture), PNG,
    WebP, AVIF, GIF, BMP, TIFF (scanners and microscopes write it) and binary PBM, PGM and PPM of
    at most 8 bits (research data sets use them); of several pictures or pages, the first. The
    result is upright (EXIF), in sRGB (embedded ICC profile; one that cannot be used is ignored),
    on white where it was transparent. 16 bits per channel are scaled to 8. Samples without a
    natural white (floats, 32-bit integers) are taken as 0..1, 0..255 or 0..65535, the smallest
    range that holds them all, and as minimum..maximum where none does.

    Raises UserError, and nothing else, for a file that is unreadable, empty, damaged, of another
    kind or over ``limits``; those are checked before the file is read and before it is decoded.
    """
    data = _read(source, limits)
    if not data:
        raise UserError("This file is empty.")
    # Decoders meet hostile bytes with nearly every exception there is, hence the broad except.
    # Pillow's own bomb check comes as an error or, with warnings made errors, as a warning.
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            _check_size(image.size, limits)
            _check_decoder(image)
            image.load()
            return np.array(_upright(_rgb(image, data), image))
    except UserError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels(limits) from error
    except Image.UnidentifiedImageError as error:
        raise UserError(_UNKNOWN) from error
    except MemoryError as error:
        raise UserError("This picture needs more memory than there is.") from error
    except Exception as error:
        raise UserError(_DAMAGED) from error


def fit(array: np.ndarray, max_side: int) -> np.ndarray:
    """Scale ``array`` (H, W, 3) uint8 down so that no side is over ``max_side`` pixels.

    Keeps the proportions (Lanczos); what is small enough comes back as it is. Raises ValueError
    for ``max_side`` below 1.
    """
    if max_side < 1:
        raise ValueError(f"max_side is {max_side}, not at least 1")
    height, width = array.shape[:2]
    scale = max_side / max(height, width)
    if scale >= 1:
        return array
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    # reducing_gap: first an integer box reduction where that cannot be seen; several times faster
    return np.array(Image.fromarray(array).resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0))


def to_png(array: np.ndarray, text: Mapping[str, str] | None = None) -> bytes:
    """``array`` (H, W, 3) RGB uint8 as a PNG file, with ``text`` as its text fields.

    A field's name has 1 to 79 Latin-1 characters, its text any.
    """
    info = PngInfo()
    for key, value in (text or {}).items():
        info.add_text(key, value)
    out = io.BytesIO()
    Image.fromarray(array).save(out, "PNG", pnginfo=info)
    return out.getvalue()


def too_many_bytes(limits: Limits) -> str:
    """The sentence for a file over ``limits.max_bytes``."""
    return f"This file is over the limit of {limits.max_bytes / 1e6:g} MB."


def _read(source: str | os.PathLike[str] | bytes, limits: Limits) -> bytes:
    too_big = UserError(too_many_bytes(limits))
    if isinstance(source, bytes):
        if len(source) > limits.max_bytes:
            raise too_big
        return source
    try:
        path = Path(source)
        if not path.is_file():  # a pipe or a device could be read for ever
            raise UserError("This file cannot be read; please upload it again.")
        if path.stat().st_size > limits.max_bytes:
            raise too_big
        with path.open("rb") as stream:
            data = stream.read(limits.max_bytes + 1)
    except (OSError, ValueError) as error:
        raise UserError("This file cannot be read; please upload it again.") from error
    if len(data) > limits.max_bytes:  # it grew meanwhile
        raise too_big
    return data


def _check_size(size: tuple[int, int], limits: Limits) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise UserError("This picture has no pixels.")
    if width * height > limits.max_pixels:
        raise _too_many_pixels(limits)


def _check_decoder(image: Image.Image) -> None:
    """Refuses those kinds of PGM and PPM that Pillow decodes in Python, a pixel at a time."""
    if image.format != "PPM" or not isinstance(image, ImageFile.ImageFile):
        return
    if image.tile[0].codec_name != "raw" or image.mode not in ("1", "L", "RGB"):
        raise UserError("Of PGM and PPM only the binary kind with 8 bits can be opened here.")


def _too_many_pixels(limits: Limits) -> UserError:
    return UserError(
        f"This picture is over the limit of {limits.max_pixels / 1e6:g} megapixels; "
        "scale it down first."
    )


def _rgb(image: Image.Image, data: bytes) -> Image.Image:
    """The loaded picture in sRGB, on white."""
    if image.format == "PNG":
        _scale_transparent_colour(image, depth=data[24])
    profile = image.info.get("icc_profile")
    if image.mode.startswith(("I", "F")):
        image = _eight_bits(image)
    if image.has_transparency_data:
        image = image.convert("RGBA")
    elif image.mode not in ("RGB", "L", "CMYK"):
        image = image.convert("RGB")
    if profile:
        image = _to_srgb(image, profile)
    if image.mode == "RGBA":
        canvas = Image.new("RGB", image.size, "white")
        canvas.paste(image, mask=image.getchannel("A"))
        return canvas
    return image.convert("RGB")


def _scale_transparent_colour(image: Image.Image, depth: int) -> None:
    """Bring tRNS, which PNG gives in the file's bit depth, to the depth of the decoded pixels."""
    key = image.info.get("transparency")
    if image.mode in ("L", "1") and isinstance(key, int) and depth < 8:
        image.info["transparency"] = key * 255 // (2**depth - 1)
    elif image.mode == "RGB" and isinstance(key, tuple) and depth == 16:
        image.info["transparency"] = tuple(value >> 8 for value in key)


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey of 16 or 32 bits as "L", or "LA" with a transparent value (Pillow clips at 255)."""
    values = np.asarray(image)
    if image.mode.startswith("I;16"):
        low, high = 0.0, 65535.0
    else:
        values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
        low, high = float(values.min()), float(values.max())
        if low >= 0:
            unit = (1.0,) if image.mode == "F" else ()
            fits = (top for top in (*unit, 255.0, 65535.0) if high <= top)
            low, high = 0.0, next(fits, high)
    scaled = np.subtract(values, low, dtype=np.float32) * np.float32(255 / max(high - low, 1e-30))
    grey = Image.fromarray(np.rint(scaled).clip(0, 255).astype(np.uint8))
    key = image.info.get("transparency")
    if isinstance(key, int):
        grey.putalpha(Image.fromarray(np.where(values == key, 0, 255).astype(np.uint8)))
    return grey


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if image.mode != "CMYK" and "sRGB" in ImageCms.getProfileDescription(source):
            return image
        mode = "RGBA" if image.mode == "RGBA" else "RGB"
        converted = ImageCms.profileToProfile(
            image, source, ImageCms.createProfile("sRGB"), outputMode=mode
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image  # damaged, or of another colour space than the picture
    return converted or image


def _upright(picture: Image.Image, original: Image.Image) -> Image.Image:
    """``picture`` turned as the EXIF data of ``original`` says; damaged EXIF says nothing."""
    try:
        turn = _UPRIGHT.get(original.getexif().get(Base.Orientation, 1))
    except Exception:  # noqa: BLE001 (the EXIF parser, too, meets hostile bytes)
        turn = None
    return picture if turn is None else picture.transpose(turn)
