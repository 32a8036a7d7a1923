"""Uploads: every kind of picture comes out right, everything else is a sentence."""

from __future__ import annotations

import io
import os
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from host.images import Limits, fit, load, to_png
from host.plugin import UserError

HEIGHT, WIDTH = 48, 64


def picture() -> np.ndarray:
    """Smooth, with no symmetry, so that lossy codecs keep it and no turn of it goes unseen."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    red, green, blue = 255 * x / (WIDTH - 1), 255 * y / (HEIGHT - 1), 100 + x + y / 2
    return np.stack([red, green, blue], axis=-1).astype(np.uint8)


def encode(image: Image.Image | np.ndarray, format: str, **options: object) -> bytes:
    image = Image.fromarray(image) if isinstance(image, np.ndarray) else image
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(
    pixels: np.ndarray,
    depth: int,
    colour: int,
    interlaced: bool = False,
    extra: bytes = b"",
    size: tuple[int, int] | None = None,
) -> bytes:
    """A PNG as Pillow does not write it. ``pixels``: (H, W, bytes per pixel) of packed samples."""
    height, width = pixels.shape[:2]
    adam7 = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2)]
    passes = [*adam7, (1, 0, 2, 1)] if interlaced else [(0, 0, 1, 1)]
    rows = b"".join(
        b"\0" + row.tobytes() for y, x, dy, dx in passes for row in pixels[y::dy, x::dx]
    )
    wide, high = size or (width, height)
    header = struct.pack(">IIBBBBB", wide, high, depth, colour, 0, 0, interlaced)
    body = chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b"")


def samples16(values: np.ndarray) -> np.ndarray:
    """(H, W, C) 16-bit values as (H, W, 2C) bytes, high byte first."""
    return values.astype(">u2").view(np.uint8).reshape(*values.shape[:2], -1)


def exchanged_primaries() -> bytes:
    """An ICC v2 display profile whose red is sRGB's blue and the other way round."""

    def xyz(*values: float) -> bytes:
        return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(v * 65536) for v in values))

    curve = b"curv\0\0\0\0" + struct.pack(">IHxx", 1, round(2.2 * 256))
    text = b"desc\0\0\0\0" + struct.pack(">I", 9) + b"Exchange\0" + bytes(78)
    tags = {
        b"desc": text + bytes(-len(text) % 4),
        b"wtpt": xyz(0.9642, 1.0, 0.8249),
        b"rXYZ": xyz(0.1431, 0.0606, 0.7141),
        b"gXYZ": xyz(0.3851, 0.7169, 0.0971),
        b"bXYZ": xyz(0.4360, 0.2225, 0.0139),
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    table, body, start = b"", b"", 128 + 4 + 12 * len(tags)
    for name, value in tags.items():
        table += name + struct.pack(">II", start + len(body), len(value))
        body += value
    header = struct.pack(
        ">I4sI4s4s4s", start + len(body), b"\0" * 4, 0x02100000, b"mntr", b"RGB ", b"XYZ "
    )
    header += bytes(12) + b"acsp" + bytes(28) + struct.pack(">3i", 63190, 65536, 54061)
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


RGB = picture()
GREY = np.repeat(np.asarray(Image.fromarray(RGB).convert("L"))[..., None], 3, axis=2)
HALF = np.dstack([RGB, np.full((HEIGHT, WIDTH), 128, np.uint8)])
HALF_ON_WHITE = RGB * (128 / 255) + 127


def palette(image: np.ndarray) -> Image.Image:
    return Image.fromarray(image).quantize(256, dither=Image.Dither.NONE)


FILES: dict[str, tuple[bytes, np.ndarray, int]] = {  # file, expected picture, tolerance
    "jpeg": (encode(RGB, "JPEG", quality=95), RGB, 12),
    "jpeg progressive": (encode(RGB, "JPEG", quality=95, progressive=True), RGB, 12),
    "jpeg grey": (encode(GREY[..., 0], "JPEG", quality=95), GREY, 4),
    "jpeg cmyk": (encode(Image.fromarray(RGB).convert("CMYK"), "JPEG", quality=95), RGB, 12),
    "mpo": (
        encode(RGB, "MPO", quality=95, save_all=True, append_images=[Image.new("RGB", (8, 8))]),
        RGB,
        12,
    ),
    "png": (encode(RGB, "PNG"), RGB, 0),
    "png grey": (encode(GREY[..., 0], "PNG"), GREY, 0),
    "png palette": (encode(palette(RGB), "PNG"), RGB, 40),
    "png alpha": (encode(HALF, "PNG"), HALF_ON_WHITE, 1),
    "png grey alpha": (
        encode(Image.fromarray(HALF).convert("LA"), "PNG"),
        GREY * (128 / 255) + 127,
        1,
    ),
    "png 16 bits": (png(samples16(RGB.astype(np.uint16) * 257), 16, 2), RGB, 0),
    "png 16 bits grey": (encode(GREY[..., 0].astype(np.uint16) * 257, "PNG"), GREY, 0),
    "png 16 bits alpha": (png(samples16(HALF.astype(np.uint16) * 257), 16, 6), HALF_ON_WHITE, 1),
    "png interlaced": (png(RGB, 8, 2, interlaced=True), RGB, 0),
    "webp": (encode(RGB, "WEBP", quality=95), RGB, 16),
    "webp lossless alpha": (encode(HALF, "WEBP", lossless=True), HALF_ON_WHITE, 1),
    "avif": (encode(RGB, "AVIF", quality=95), RGB, 12),
    "avif alpha": (encode(HALF, "AVIF", quality=95), HALF_ON_WHITE, 12),
    "gif": (encode(palette(RGB), "GIF"), RGB, 40),
    "gif grey": (encode(GREY[..., 0], "GIF"), GREY, 0),
    "bmp": (encode(RGB, "BMP"), RGB, 0),
    "ppm": (encode(RGB, "PPM"), RGB, 0),
    "pgm": (encode(GREY[..., 0], "PPM"), GREY, 0),
    "tiff": (encode(RGB, "TIFF"), RGB, 0),
    "tiff lzw": (encode(RGB, "TIFF", compression="tiff_lzw"), RGB, 0),
    "tiff cmyk": (encode(Image.fromarray(RGB).convert("CMYK"), "TIFF"), RGB, 1),
    "tiff 16 bits": (encode(GREY[..., 0].astype(np.uint16) * 257, "TIFF"), GREY, 0),
    "tiff float": (encode(GREY[..., 0].astype(np.float32) / 255, "TIFF"), GREY, 1),
    "tiff 32 bits": (encode(GREY[..., 0].astype(np.int32) * 257, "TIFF"), GREY, 1),
}


def assert_close(got: np.ndarray, expected: np.ndarray, tolerance: float) -> None:
    assert got.dtype == np.uint8
    assert got.shape == expected.shape
    assert np.abs(got.astype(float) - expected).max() <= tolerance + 0.5


@pytest.mark.parametrize("kind", FILES)
def test_every_kind_of_picture_comes_out_right(kind: str) -> None:
    data, expected, tolerance = FILES[kind]
    assert_close(load(data), expected, tolerance)


def test_the_content_decides_not_the_name(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(encode(RGB, "PNG"))
    np.testing.assert_array_equal(load(path), RGB)
    np.testing.assert_array_equal(load(str(path)), RGB)


def test_a_loaded_picture_can_be_written_to() -> None:
    array = load(encode(RGB, "PNG"))
    array[0, 0] = 7
    assert array.flags.c_contiguous


# How the upright picture lies in a file with that EXIF orientation (EXIF 2.32, tag 0x0112).
STORED = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, 1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: np.rot90(a, -1),
}


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize(
    ("format", "options", "tolerance"),
    [
        ("PNG", {}, 0),
        ("WEBP", {"lossless": True}, 0),
        ("TIFF", {}, 0),
        ("JPEG", {"quality": 95}, 12),
        ("AVIF", {"quality": 95}, 12),
    ],
)
def test_turned_photos_come_out_upright(
    orientation: int, format: str, options: dict[str, object], tolerance: int
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = np.ascontiguousarray(STORED[orientation](RGB))
    assert_close(load(encode(stored, format, exif=exif, **options)), RGB, tolerance)


def test_damaged_exif_does_not_cost_the_picture() -> None:
    np.testing.assert_array_equal(load(encode(RGB, "PNG", exif=b"Exif\0\0MM\0*\xff\xff\xff")), RGB)


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_a_16_bit_ramp_keeps_its_greys(format: str) -> None:
    ramp = np.linspace(0, 65535, 257).round().astype(np.uint16)[None]
    grey = load(encode(ramp, format))[0, :, 0]
    assert (grey[0], grey[128], grey[256]) == (0, 128, 255)
    assert (np.diff(grey.astype(int)) >= 0).all()
    assert len(set(grey.tolist())) == 256


def test_floats_without_a_natural_range_are_stretched() -> None:
    values = np.array([[-3.0, 0.0, 3.0, np.nan]], np.float32)
    assert load(encode(values, "TIFF"))[0, :, 0].tolist() == [0, 128, 255, 128]
    assert load(encode(np.array([[0.0, 40.0, 255.0]], np.float32), "TIFF"))[0, :, 0].tolist() == [
        *(0, 40, 255)
    ]


def test_cmyk_red_stays_red() -> None:
    red = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    assert_close(load(encode(red, "JPEG", quality=95))[:1, :1], np.array([[[255, 0, 0]]]), 4)


def test_ycck_red_stays_red() -> None:
    # Pillow writes plain CMYK (inverted, Adobe marker with transform 0). Give it the inverted
    # Y, Cb, Cr, K of red and say "YCCK" in the marker afterwards.
    data = bytearray(encode(Image.new("CMYK", (16, 16), (76, 84, 255, 0)), "JPEG", quality=95))
    marker = data.index(b"Adobe")
    assert data[marker + 11] == 0
    data[marker + 11] = 2
    assert_close(load(bytes(data))[:1, :1], np.array([[[255, 0, 0]]]), 6)


def test_animations_give_their_first_frame() -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "blue")]
    for format in ("GIF", "PNG", "WEBP", "AVIF", "TIFF"):
        data = encode(frames[0], format, save_all=True, append_images=frames[1:])
        assert_close(load(data), np.full((16, 16, 3), (255, 0, 0)), 4)


@pytest.mark.parametrize("format", ["GIF", "PNG"])
def test_a_transparent_palette_colour_is_white(format: str) -> None:
    image = Image.new("P", (4, 4), 0)
    image.putpalette([255, 0, 0, 0, 128, 0])
    image.putpixel((2, 1), 1)
    expected = np.full((4, 4, 3), 255)
    expected[1, 2] = (0, 128, 0)
    np.testing.assert_array_equal(load(encode(image, format, transparency=0)), expected)


@pytest.mark.parametrize(
    ("depth", "colour", "pixels", "key", "seen"),
    [
        (8, 2, np.array([[[9, 8, 7], [1, 2, 3]]]), (9, 8, 7), [[255] * 3, [1, 2, 3]]),
        (16, 2, np.array([[[9, 0] * 3, [1, 2] * 3]]), (0x900,) * 3, [[255] * 3, [1] * 3]),
        (16, 0, np.array([[[0, 9], [128, 128]]]), (9,), [[255] * 3, [128] * 3]),
        (8, 0, np.array([[[9], [1]]]), (9,), [[255] * 3, [1] * 3]),
        (4, 0, np.array([[[0x30]]]), (3,), [[255] * 3, [0] * 3]),
        (1, 0, np.array([[[0b01000000]]]), (0,), [[255] * 3, [255] * 3]),
    ],
)
def test_a_transparent_png_colour_is_white(
    depth: int, colour: int, pixels: np.ndarray, key: tuple[int, ...], seen: list[list[int]]
) -> None:
    trns = chunk(b"tRNS", struct.pack(f">{len(key)}H", *key))
    data = png(pixels.astype(np.uint8), depth, colour, extra=trns, size=(2, 1))
    assert load(data).tolist() == [seen]


def test_an_embedded_profile_is_converted_to_srgb() -> None:
    profile = exchanged_primaries()
    for image in (RGB, np.dstack([RGB, np.full((HEIGHT, WIDTH), 255, np.uint8)])):
        assert_close(load(encode(image, "PNG", icc_profile=profile)), RGB[..., ::-1], 12)
    clear = np.dstack([RGB, np.zeros((HEIGHT, WIDTH), np.uint8)])
    assert load(encode(clear, "PNG", icc_profile=profile)).min() == 255


def test_a_profile_that_cannot_be_used_is_ignored() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for profile in (b"not a profile", exchanged_primaries()[:200], lab, srgb):
        np.testing.assert_array_equal(load(encode(RGB, "PNG", icc_profile=profile)), RGB)


@pytest.mark.parametrize(
    "data",
    [
        b"Hello, this is a text.\n" * 50,
        b"<!doctype html><html><body><img src='a.png'></body></html>",
        b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>",
        b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\nshowpage\n",
        b"PK\x03\x04" + bytes(60),
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(40),
        encode(RGB, "TGA"),
        encode(RGB, "ICO"),
        b"\0",
    ],
)
def test_other_files_are_refused_by_content(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(data)
    for source in (path, data):
        with pytest.raises(UserError, match=r"not a picture.*JPEG, PNG, WebP, AVIF, GIF, BMP"):
            load(source)


@pytest.mark.parametrize(
    "data",
    [
        b"P2 2 1 255 0 255 ",
        b"P5 2 1 65535 " + bytes(4),
        b"P5 2 1 100 " + bytes(2),
        b"Pf 1 1 -1.0 " + bytes(4),
        b"PyRGBA 1 1 255 " + bytes(4),
    ],
)
def test_rare_kinds_of_pgm_are_refused(data: bytes) -> None:
    with pytest.raises(UserError, match="only the binary kind with 8 bits"):
        load(data)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
@pytest.mark.parametrize("kind", FILES)
def test_half_a_file_is_refused(kind: str) -> None:
    data = FILES[kind][0]
    if kind == "mpo":  # its first picture is whole in the first half
        data = data[: data.index(b"\xff\xd9")]
    with pytest.raises(UserError, match=r"damaged|not a picture"):
        load(data[: len(data) // 2])


def test_a_photo_cut_off_late_is_called_damaged() -> None:
    with pytest.raises(UserError, match=r"damaged or incomplete"):
        load(FILES["jpeg"][0][:-200])


@pytest.mark.parametrize("side", [8_000, 10_000, 30_000, 2**31 - 1])
@pytest.mark.parametrize("strict", [False, True])
def test_a_decompression_bomb_is_refused_unopened(side: int, strict: bool) -> None:
    bomb = png(np.zeros((1, 1, 3), np.uint8), 8, 2, size=(side, side))
    with warnings.catch_warnings():
        warnings.simplefilter("error" if strict else "ignore")
        with pytest.raises(UserError, match=r"limit of 40 megapixels"):
            load(bomb)


def test_a_gif_frame_cannot_outgrow_the_limit_its_header_keeps() -> None:
    data = bytearray(encode(palette(RGB), "GIF"))
    data[6:10] = struct.pack("<HH", 1, 1)  # the canvas; the frame keeps its 64 x 48
    with pytest.raises(UserError):
        load(bytes(data), Limits(max_pixels=100))


def test_the_pixel_limit_is_inclusive() -> None:
    data = encode(RGB, "PNG")
    assert load(data, Limits(max_pixels=HEIGHT * WIDTH)).shape == RGB.shape
    with pytest.raises(UserError, match="megapixels"):
        load(data, Limits(max_pixels=HEIGHT * WIDTH - 1))


def test_the_byte_limit_is_inclusive(tmp_path: Path) -> None:
    data = encode(RGB, "PNG")
    path = tmp_path / "a.png"
    path.write_bytes(data)
    for source in (path, data):
        assert load(source, Limits(max_bytes=len(data))).shape == RGB.shape
        with pytest.raises(UserError, match="MB"):
            load(source, Limits(max_bytes=len(data) - 1))


def test_a_picture_without_pixels_or_a_file_without_bytes(tmp_path: Path) -> None:
    empty = tmp_path / "empty.png"
    empty.touch()
    for source in (empty, b""):
        with pytest.raises(UserError, match="empty"):
            load(source)
    gif = b"GIF89a\0\0\0\0\0\0\0\x2c\0\0\0\0\0\0\0\0\0\x02\x01\x01\0\x3b"
    for data in (gif, png(np.zeros((1, 1, 3), np.uint8), 8, 2, size=(0, 5))):
        with pytest.raises(UserError):
            load(data)


def test_a_path_that_cannot_be_read(tmp_path: Path) -> None:
    for source in (tmp_path, tmp_path / "gone.png", "with a \0 in it"):
        with pytest.raises(UserError, match="cannot be read"):
            load(source)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.png"
    os.mkfifo(pipe)
    with pytest.raises(UserError, match="cannot be read"):
        load(pipe)


# Small limits keep a mutated header from costing seconds; the code behind is the same.
FUZZ_LIMITS = Limits(max_pixels=300_000)


def survives(data: bytes) -> None:
    try:
        array = load(data, FUZZ_LIMITS)
    except UserError as error:
        assert str(error).endswith(".")
    else:
        assert array.dtype == np.uint8
        assert array.ndim == 3
        assert array.shape[2] == 3
        assert array.size > 0


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(
        [
            *(b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM", b"II*\0", b"MM\0*"),
            *(b"RIFF\x40\0\0\0WEBPVP8 ", b"\0\0\0\x1cftypavif"),
        ]
    ),
    st.binary(max_size=400),
)
@pytest.mark.filterwarnings("ignore")
def test_no_bytes_get_more_than_a_sentence_out_of_it(start: bytes, rest: bytes) -> None:
    survives(start + rest)


@settings(max_examples=600, deadline=None)
@given(
    st.sampled_from(sorted(FILES)),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=6),
    st.floats(0, 1),
)
@example("png", [], 0.99)
@pytest.mark.filterwarnings("ignore")  # Pillow's, about what it found in the file
def test_no_damaged_picture_gets_more_than_a_sentence_out_of_it(
    kind: str, edits: list[tuple[float, int]], kept: float
) -> None:
    data = bytearray(FILES[kind][0])
    for place, value in edits:
        # squared: most of what a decoder believes stands near the front
        data[int(place * place * len(data))] = value
    survives(bytes(data[: max(1, round(kept * len(data)))]))


@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 200))
@settings(max_examples=60, deadline=None)
def test_fit_keeps_the_proportions_and_never_enlarges(h: int, w: int, side: int) -> None:
    array = np.full((h, w, 3), 77, np.uint8)
    out = fit(array, side)
    if max(h, w) <= side:
        assert out is array
        return
    assert max(out.shape[:2]) == side
    scale = side / max(h, w)
    for got, was in zip(out.shape[:2], (h, w), strict=True):
        assert abs(got - max(1, was * scale)) <= 0.5
    assert (out == 77).all()


def test_fit_filters_what_it_cannot_keep() -> None:
    board = np.indices((512, 512)).sum(axis=0) % 2 * 255
    out = fit(np.repeat(board[..., None], 3, axis=2).astype(np.uint8), 64)
    assert np.abs(out.astype(int) - 127).max() <= 2  # a checkerboard is grey from afar
    with pytest.raises(ValueError, match="max_side"):
        fit(out, 0)


def test_png_keeps_pixels_and_text() -> None:
    data = to_png(RGB, {"seed": "7", "Beschreibung": "Gesicht №1, 顔"})
    np.testing.assert_array_equal(load(data), RGB)
    with Image.open(io.BytesIO(data)) as image:
        assert image.text == {"seed": "7", "Beschreibung": "Gesicht №1, 顔"}
