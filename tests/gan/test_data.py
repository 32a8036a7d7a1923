"""Published training pictures: downloaded from a real server, checked, read and scaled."""

from __future__ import annotations

import gzip
import hashlib
import io
import struct
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch

from host import UserError
from host.weights import Progress, WeightFile, WeightsStore
from plugins.gan.data import load as loading
from plugins.gan.data.load import balanced, load, load_steps
from plugins.gan.data.sources import SOURCES, Source, fetch, local
from plugins.gan.pictures import bundled_digits

COUNT = 60


class Server(ThreadingHTTPServer):
    """Serves ``content``, by path; remembers what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content: dict[str, bytes] = {}
        self.asked: list[str] = []


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        body = self.server.content.get(self.path)
        if body is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on the terminal."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def idx(array: np.ndarray) -> bytes:
    head = bytes((0, 0, 8, array.ndim)) + struct.pack(f">{array.ndim}I", *array.shape)
    return gzip.compress(head + array.astype(np.uint8).tobytes(), mtime=0)


def cifar(images: np.ndarray, labels: np.ndarray, record: int = 3073) -> bytes:
    """The layout of the binary version, the test batch and the readme included."""
    records = np.concatenate([labels[:, None], images.reshape(-1, 3072)], 1)[:, :record]
    files = {
        f"cifar-10-batches-bin/data_batch_{number}.bin": part.astype(np.uint8).tobytes()
        for number, part in enumerate(np.array_split(records, 5), 1)
    }
    files["cifar-10-batches-bin/readme.html"] = b"<p>"
    files["cifar-10-batches-bin/test_batch.bin"] = bytes(3073)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return out.getvalue()


def published(
    server: Server, files: dict[str, bytes], layout: str, size: int, channels: int
) -> Source:
    """A source of 3 classes whose files the server has."""
    listed = []
    for name, content in files.items():
        server.content[f"/{name}"] = content
        listed.append(
            WeightFile(
                name=name,
                url=f"http://127.0.0.1:{server.server_port}/{name}",
                hash=f"md5:{hashlib.md5(content).hexdigest()}",
                size=len(content),
                licence="",
                source="",
            )
        )
    return Source(
        *("tiny", "Tiny pictures", size, channels, 3, tuple("abc"), COUNT),
        *(tuple(listed), layout),
    )


RANDOM = np.random.default_rng(3)
LABELS = np.repeat([0, 1, 2], COUNT // 3)
GREY = RANDOM.integers(0, 256, (COUNT, 28, 28))
COLOUR = RANDOM.integers(0, 256, (COUNT, 3, 32, 32))


@pytest.fixture
def grey(server: Server) -> Source:
    return published(server, {"images.gz": idx(GREY), "labels.gz": idx(LABELS)}, "idx", 28, 1)


@pytest.fixture
def colour(server: Server) -> Source:
    return published(server, {"cifar.tar.gz": cifar(COLOUR, LABELS)}, "cifar", 32, 3)


def by_content(pictures: np.ndarray, labels: np.ndarray) -> list[tuple[bytes, int]]:
    return sorted((p.tobytes(), int(n)) for p, n in zip(pictures, labels, strict=True))


def levels(pictures: torch.Tensor) -> np.ndarray:
    return ((pictures + 1) * 127.5).round().to(torch.uint8).numpy()


def test_the_registry_tells_what_a_page_needs():
    assert list(SOURCES) == ["digits", "mnist", "fashion-mnist", "cifar10"]
    for source in SOURCES.values():
        assert len(source.labels) == source.classes == 10
        for file in source.files:
            assert file.licence and file.source.startswith("http")


def test_the_hashes_are_those_torchvision_checks():
    from plugins.gan.torchvision_compat import torchvision

    for name, data_set in (
        ("mnist", torchvision.datasets.MNIST),
        ("fashion-mnist", torchvision.datasets.FashionMNIST),
    ):
        theirs = dict(data_set.resources)
        for file in SOURCES[name].files:
            original = file.name.removeprefix(f"{name}-")
            assert file.url in [mirror + original for mirror in data_set.mirrors]
            assert file.hash == f"md5:{theirs[original]}"


def test_only_the_digits_are_there_at_first(tmp_path: Path):
    assert [name for name in SOURCES if local(name, tmp_path) is not None] == ["digits"]


def test_the_bundled_digits_need_nothing(tmp_path: Path):
    pictures, labels = load("digits", 32, tmp_path, allow_download=False)
    original, their_labels = bundled_digits(32)
    assert pictures.shape == (1797, 1, 32, 32)
    assert by_content(pictures.numpy(), labels) == by_content(original.numpy(), their_labels)
    assert not list(tmp_path.iterdir())


def test_a_download_tells_how_far_it_is_over_all_files(grey: Source, tmp_path: Path):
    steps = list(fetch(grey, tmp_path))
    total = sum(file.size for file in grey.files)
    assert all(isinstance(step, Progress) for step in steps)
    assert [step.done for step in steps] == sorted(step.done for step in steps)
    assert steps[-1] == Progress(total, total)
    assert {step.total for step in steps} == {total}
    paths = local(grey, tmp_path)
    assert paths is not None and all(path.is_file() for path in paths)


def test_what_is_here_is_not_downloaded_again(server: Server, grey: Source, tmp_path: Path):
    for _ in range(2):
        list(fetch(grey, tmp_path))
    assert server.asked == ["/images.gz", "/labels.gz"]


def test_the_hosts_store_serves_files_put_there_by_hand(grey: Source, tmp_path: Path):
    list(fetch(grey, tmp_path / "by hand"))
    store = WeightsStore(tmp_path / "by hand", tmp_path / "cache", offline=True)
    assert len(load(grey, 32, store)[0]) == COUNT


def test_grey_pictures_get_a_margin_like_lenet_5(grey: Source, tmp_path: Path):
    pictures, labels = load(grey, 32, tmp_path, allow_download=True)
    assert pictures.shape == (COUNT, 1, 32, 32) and pictures.dtype == torch.float32
    assert labels.dtype == torch.int64
    inner = levels(pictures)[:, 0, 2:-2, 2:-2]
    assert by_content(inner, labels) == by_content(GREY.astype(np.uint8), LABELS)
    frame = pictures.clone()
    frame[..., 2:-2, 2:-2] = -1
    assert bool((frame == -1).all())


def test_colour_pictures_come_through_as_they_are(colour: Source, tmp_path: Path):
    pictures, labels = load(colour, 32, tmp_path, allow_download=True)
    assert by_content(levels(pictures), labels) == by_content(COLOUR.astype(np.uint8), LABELS)


@pytest.mark.parametrize("size", [16, 24, 64])
def test_any_size_can_be_had_within_the_range(colour: Source, tmp_path: Path, size: int):
    pictures, _ = load(colour, size, tmp_path, allow_download=True)
    assert pictures.shape == (COUNT, 3, size, size)
    assert -1 <= float(pictures.min()) < float(pictures.max()) <= 1


def test_scaling_down_is_antialiased(server: Server, tmp_path: Path):
    stripes = np.zeros((COUNT, 3, 32, 32))
    stripes[..., ::2] = 255
    source = published(server, {"s.tar.gz": cifar(stripes, LABELS)}, "cifar", 32, 3)
    pictures, _ = load(source, 16, tmp_path, allow_download=True)
    assert float(pictures[..., 2:-2].abs().max()) < 0.15  # middle grey, not black or white


def test_a_limit_takes_evenly_from_the_classes_and_more_only_adds(grey: Source, tmp_path: Path):
    few, labels = load(grey, 32, tmp_path, allow_download=True, limit=12)
    assert torch.bincount(labels).tolist() == [4, 4, 4]
    more, _ = load(grey, 32, tmp_path, limit=30)
    assert torch.equal(more[:12], few)


def test_a_small_class_leaves_its_room_to_the_others():
    labels = np.array([0] * 50 + [1] * 3)
    taken = balanced(labels, 20)
    assert np.bincount(labels[taken]).tolist() == [17, 3]
    assert len(set(taken)) == 20


def test_large_pictures_are_limited_by_their_memory(
    colour: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(loading, "MAX_VALUES", 10 * 3 * 32 * 32)
    assert len(load(colour, 32, tmp_path, allow_download=True)[0]) == 10
    assert len(load(colour, 16, tmp_path)[0]) == 40


def test_the_last_set_stays_in_memory_and_only_that(grey: Source, colour: Source, tmp_path: Path):
    first = load(grey, 32, tmp_path, allow_download=True)[0]
    assert load(grey, 32, tmp_path)[0] is first
    load(colour, 32, tmp_path, allow_download=True)
    assert load(grey, 32, tmp_path)[0] is not first


def test_loading_says_how_far_it_is_and_can_be_left(colour: Source, tmp_path: Path):
    steps = load_steps(colour, 32, tmp_path, allow_download=True)
    assert next(step for step in steps if not step.startswith("Reading")) == (
        "Downloading Tiny pictures: 0 of 0 MB ..."
    )
    steps.close()
    assert not list(tmp_path.rglob("*.part"))
    told = list(load_steps(colour, 32, tmp_path, allow_download=True))
    assert "Reading Tiny pictures ..." in told


def test_without_a_download_the_offline_set_is_named(grey: Source, server: Server, tmp_path: Path):
    with pytest.raises(UserError, match=r"not on this machine.*scikit-learn's digits"):
        load(grey, 32, tmp_path, allow_download=False)
    with pytest.raises(UserError, match=r"not on this machine.*scikit-learn's digits"):
        load("cifar10", 32, WeightsStore(None, tmp_path, offline=True), allow_download=True)
    assert server.asked == []


def test_a_failed_download_is_a_sentence(grey: Source, server: Server, tmp_path: Path):
    server.content.clear()
    with pytest.raises(UserError, match=r"answered 404.*scikit-learn's digits"):
        load(grey, 32, tmp_path, allow_download=True)


def test_a_download_with_another_hash_is_refused(grey: Source, server: Server, tmp_path: Path):
    server.content["/labels.gz"] = idx(LABELS[::-1])
    with pytest.raises(UserError, match=r"wrong hash.*scikit-learn's digits"):
        list(fetch(grey, tmp_path))
    assert local(grey, tmp_path) is None


@pytest.mark.parametrize(
    "files",
    [
        {"i": b"no gzip", "l": idx(LABELS)},
        {"i": idx(GREY)[:-100], "l": idx(LABELS)},
        {"i": gzip.compress(b"\0\0\x08"), "l": idx(LABELS)},
        {"i": gzip.compress(b"\0\0\x08\x03" + bytes(5)), "l": idx(LABELS)},
        {"i": gzip.compress(b"\0\0\x0d\x01" + bytes(8)), "l": idx(LABELS)},  # floats
        {"i": gzip.compress(b"\0\0\x08\x03" + b"\xff" * 12), "l": idx(LABELS)},  # too large
        {"i": gzip.compress(gzip.decompress(idx(GREY))[:-9]), "l": idx(LABELS)},
        {"i": idx(GREY[:-1]), "l": idx(LABELS)},
        {"i": idx(GREY[..., 1:]), "l": idx(LABELS)},
        {"i": idx(GREY[0]), "l": idx(LABELS)},
        {"i": idx(GREY), "l": idx(LABELS + 1)},
        {"i": idx(GREY[:0]), "l": idx(LABELS[:0])},
        {"c": b"no gzip"},
        {"c": cifar(COLOUR, LABELS)[:-3000]},
        {"c": cifar(COLOUR, LABELS + 1)},
        {"c": cifar(COLOUR, LABELS, record=3000)},
        {"c": cifar(np.repeat(COLOUR, 2, 0), np.repeat(LABELS, 2))},  # more than promised
        {"c": cifar(COLOUR[:0], LABELS[:0])},
        {"c": gzip.compress(bytes(10240))},
    ],
)
def test_files_that_are_not_what_they_should_be_are_a_sentence(
    server: Server, tmp_path: Path, files: dict[str, bytes]
):
    layout, size, channels = ("cifar", 32, 3) if "c" in files else ("idx", 28, 1)
    source = published(server, files, layout, size, channels)
    with pytest.raises(UserError, match=r"cannot be read.*scikit-learn's digits"):
        load(source, 32, tmp_path, allow_download=True)


@pytest.mark.parametrize(
    "call",
    [
        lambda folder: load_steps("imagenet", 32, folder),
        lambda folder: load_steps(["digits"], 32, folder),
        lambda folder: load_steps("digits", 4, folder),
        lambda folder: load_steps("digits", 500, folder),
        lambda folder: load_steps("digits", 32, folder, limit=0),
        lambda folder: fetch("imagenet", folder),
        lambda folder: fetch("digits", folder),
    ],
)
def test_bad_requests_are_refused_before_the_first_step(call, tmp_path: Path):
    with pytest.raises(UserError):
        call(tmp_path)
