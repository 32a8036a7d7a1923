"""A corpus of what no visitor should send, the same for the same seed.

Pictures, archives, values and descriptions of files, each with a short name that a report can
show. Nothing here is larger than a megabyte; some of it would be gigabytes once unpacked.
"""

from __future__ import annotations

import io
import json
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from PIL import Image

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "ICO", "PPM", "TGA", "AVIF", "JPEG2000")

TEXTS = (
    "",
    " ",
    "\x00",
    "\x1b[31mred\x1b[0m\x07\x08",
    "line\nline\r\nline\u2028line",
    "\u202eevil\u202c",
    "👩‍👩‍👧‍👦" * 50,
    "z̸̡̢̛͍̳̮͖̠̈́͋a" * 60,
    "\ufeffbom",
    "\ud800",
    "x" * 100_000,
    "9" * 5_000,
    "../../../../etc/passwd",
    "/etc/passwd",
    "C:\\Windows\\win.ini",
    "file:///etc/passwd",
    "http://127.0.0.1:1/",
    "data:image/png;base64,AAAA",
    "data:image/png;base64,!!!!",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "'; DROP TABLE face_person; --",
    "%s %(x)s {0} {__class__} ${jndi:ldap://x}",
    "__import__('os').system('id')",
    "NaN",
    "-1e999",
    "null",
)

NUMBERS = (
    0,
    -1,
    1,
    0.5,
    -0.0,
    1e-320,
    1e308,
    -1e308,
    2**31,
    2**53 + 1,
    2**64,
    -(2**63) - 1,
    10**400,
    float("nan"),
    float("inf"),
    float("-inf"),
)

SHAPES: tuple[Any, ...] = (
    None,
    True,
    False,
    [],
    {},
    [[]],
    [None] * 50,
    {"": None},
    {"value": 1},
    {"path": None},
)


def nested(depth: int, make: Callable[[Any], Any] = lambda inner: [inner]) -> Any:
    """A value inside ``depth`` others."""
    value: Any = 0
    for _ in range(depth):
        value = make(value)
    return value


def values(number: int, start: int) -> list[Any]:
    """The fixed ones, and ``number`` more that Hypothesis makes from the seed ``start``."""
    fixed = [*TEXTS, *NUMBERS, *SHAPES, nested(50), nested(50, lambda inner: {"a": inner})]
    return fixed + _drawn(_json(), number, start)


def _json() -> st.SearchStrategy[Any]:
    text = st.text(st.characters(codec=None), max_size=40)
    leaves = st.none() | st.booleans() | st.integers() | st.floats() | text
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=5) | st.dictionaries(text, inner, max_size=4),
        max_leaves=12,
    )


def _drawn(strategy: st.SearchStrategy[Any], number: int, start: int) -> list[Any]:
    found: list[Any] = []

    @seed(start)
    @settings(
        max_examples=number,
        database=None,
        phases=[Phase.generate],
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def keep(value: Any) -> None:
        found.append(value)

    keep()
    return found


def picture(kind: str = "PNG", side: int = 24) -> bytes:
    """A small good one."""
    out = io.BytesIO()
    image = Image.effect_noise((side, side), 60).convert("RGB")
    image.save(out, kind)
    return out.getvalue()


def pictures(chance: random.Random) -> Iterator[tuple[str, bytes]]:
    """Files that pretend to be pictures; a few are good ones of a rare kind."""
    for kind in FORMATS:
        try:
            good = picture(kind)
        except (KeyError, OSError):  # this Pillow cannot write it
            continue
        yield f"good.{kind.lower()}", good
        for share in (0.02, 0.3, 0.9):
            yield f"cut-{share:g}.{kind.lower()}", good[: max(1, int(len(good) * share))]
        for number in range(3):
            yield f"flipped-{number}.{kind.lower()}", flipped(good, chance)
        yield f"tail.{kind.lower()}", good + chance.randbytes(200)
    png = picture()
    yield "empty.png", b""
    yield "text.png", b"this is not a picture"
    yield "noise.jpg", chance.randbytes(5000)
    yield "jpeg-named.png", picture("JPEG")
    yield "png-with-jpeg-magic.jpg", b"\xff\xd8\xff" + png[3:]
    yield "vector.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    yield "page.html", b"<html><script>alert(1)</script>"
    yield "paper.pdf", b"%PDF-1.7\n%\xe2\xe3"
    yield "bomb-header.png", png_of(60_000, 60_000, b"")
    yield "bomb.png", png_of(20_000, 20_000, zlib.compress(bytes(20_000 * 2_501)))
    yield "no-size.png", png_of(0, 0, b"")
    yield "largest-size.png", png_of(2**31 - 1, 2**31 - 1, b"")
    yield "needle.png", png_of(1, 200_000, zlib.compress(bytes(400_000)))
    frames = [Image.new("RGB", (8, 8), (number, 0, 0)) for number in range(200)]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    yield "long.gif", out.getvalue()


def flipped(data: bytes, chance: random.Random) -> bytes:
    """A few bits of it turned over."""
    damaged = bytearray(data)
    for _ in range(1 + len(damaged) // 200):
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def png_of(width: int, height: int, pixels: bytes) -> bytes:
    """A PNG of one bit a pixel that claims this size and holds these compressed pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        check = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def archive(entries: list[tuple[str, bytes]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in entries:
            file.writestr(name, data)
    return out.getvalue()


def archives(chance: random.Random) -> Iterator[tuple[str, bytes]]:
    """Files that pretend to be zips of pictures, exports or runs."""
    png = picture()
    good = archive([(f"person{number % 3}/{number}.png", png) for number in range(6)])
    yield "good.zip", good
    for share in (0.1, 0.5, 0.95):
        yield f"cut-{share:g}.zip", good[: int(len(good) * share)]
    for number in range(4):
        yield f"flipped-{number}.zip", flipped(good, chance)
    yield "empty.zip", archive([])
    yield "nothing.zip", b""
    yield "magic.zip", b"PK\x03\x04"
    yield "bomb.zip", archive([(f"a/{number}.png", bytes(20_000_000)) for number in range(3)])
    inner = good
    for _ in range(20):
        inner = archive([("inner.zip", inner)])
    yield "nested.zip", inner
    yield "climbing.zip", archive([("../../evil.png", png), ("/etc/evil.png", png)])
    odd = [text[:200] for text in TEXTS if text.strip("\x00") and text != "\ud800"]
    yield "odd-names.zip", archive([(name, png) for name in odd])
    yield "same-names.zip", archive([("a/1.png", png), ("A/1.PNG", png)])
    yield "many.zip", archive([(f"{number}/x.png", b"") for number in range(3000)])
    yield "not-pictures.zip", archive([("a/1.png", b"text"), ("gallery.json", b"{]")])
    yield "deep-json.zip", archive([("gallery.json", b"[" * 20_000)])
    yield "lying-json.zip", archive([("gallery.json", json.dumps({"people": 3}).encode())])
    locked = bytearray(good)
    locked[6] |= 1
    yield "locked.zip", bytes(locked)
    sizes = bytearray(good)
    sizes[-6:-2] = b"\xff\xff\xff\x7f"  # where the directory begins
    yield "lost-directory.zip", bytes(sizes)


def lies(uploaded: str) -> list[Any]:
    """Descriptions of files (Gradio's FileData) that are not as they say.

    uploaded: a path that the server gave for an upload.
    """
    meta = {"_type": "gradio.FileData"}
    folder = uploaded.rpartition("/")[0]
    paths = ("", ".", "/", "/etc/passwd", "/proc/self/environ", folder, f"{folder}/../../x", "\x00")
    odd: tuple[Any, ...] = (None, 0, [], {}, uploaded)
    found: list[Any] = [{"path": path, "meta": meta} for path in (*paths, "x" * 5000)]
    found += [{"path": path} for path in (*odd, *paths)]
    for url in (
        "http://127.0.0.1:1/x.png",
        "file:///etc/passwd",
        "data:,",
        "data:image/png;base64,",
    ):
        found.append({"path": uploaded, "url": url, "meta": meta})
        found.append({"url": url, "meta": meta})
        found.append({"path": url, "meta": meta})
    found.append({"path": uploaded, "meta": meta, "orig_name": "../" * 100, "size": -1})
    found.append({"path": uploaded, "meta": {"_type": "gradio.Other"}, "mime_type": 3})
    found.append({"path": uploaded, "meta": meta, "is_stream": True})
    found.append([{"path": uploaded, "meta": meta}] * 300)
    found.append({"path": {"path": {"path": uploaded}}, "meta": meta})
    return found


def bodies(chance: random.Random) -> list[bytes]:
    """What is sent where JSON is expected."""
    good = b'{"data": [], "fn_index": 1, "session_hash": "x"}'
    return [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"{",
        b"\xff\xfe\x00",
        b'{"data": null}',
        b'{"data": {}}',
        b'{"data": [NaN, Infinity], "fn_index": NaN}',
        b'{"fn_index": 99999, "data": [], "session_hash": "x"}',
        b'{"fn_index": -1, "data": [], "session_hash": "x"}',
        b'{"fn_index": "a", "data": [], "session_hash": []}',
        b'{"data": [], "session_hash": "x"}',
        b'{"data": [], "fn_index": 1, "session_hash": "\\ud800"}',
        b'{"data": [], "fn_index": 1, "session_hash": "\\u0000"}',
        b'{"data": [], "fn_index": 1, "session_hash": "x", "batched": true}',
        b'{"data": [], "fn_index": 1, "session_hash": "x", "event_id": "e", "trigger_id": 1e99}',
        b'{"data": ' + b"[" * 2_000 + b"]" * 2_000 + b"}",
        b'{"data": ' + b"[" * 100_000,
        b'{"data": [' + b"0," * 50_000 + b'0], "fn_index": 1, "session_hash": "x"}',
        good[: chance.randrange(1, len(good))],
        flipped(good, chance),
    ]
