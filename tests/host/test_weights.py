"""Weight files, against a real server: found, fetched, verified, refused, cancelled."""

from __future__ import annotations

import hashlib
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from host.plugin import UserError
from host.weights import Progress, WeightFile, WeightsStore

ROOT = Path(__file__).parents[2]
CONTENT = bytes(range(256)) * 4096  # 1 MiB
OTHER = b"not what was asked for"


class Server(ThreadingHTTPServer):
    """Serves CONTENT well or badly, depending on the path; remembers what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str] = []
        self.go_on = threading.Event()  # until it is set, /stall sends half and /held nothing
        self.arrived = threading.Barrier(2)  # /together answers two at a time

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        path, half = self.path, len(CONTENT) // 2
        self.server.asked.append(path)
        if path == "/redirect":
            self.send_response(302)
            self.send_header("Location", "/good")
            self.end_headers()
        elif path in ("/404", "/500"):
            self.send_error(int(path[1:]))
        elif path == "/drop":
            self._head(len(CONTENT))
            self.wfile.write(CONTENT[:half])
        elif path == "/unsized":
            self._head(None)
            self.wfile.write(CONTENT)
        elif path == "/stall":
            self._head(len(CONTENT))
            self.wfile.write(CONTENT[:half])
            self.server.go_on.wait(20)
        elif path == "/held":
            self.server.go_on.wait(20)
        elif path == "/nonsense":
            self.wfile.write(b"\xff\xfe\r\n\r\n")
        else:
            if path == "/together":
                self.server.arrived.wait(20)
            wrong = path == "/wrong" or (path == "/flaky" and len(self.server.asked) == 1)
            body = OTHER if wrong else CONTENT
            self._head(len(body))
            self.wfile.write(body)

    def _head(self, length: int | None) -> None:
        self.send_response(200)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.go_on.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def store(tmp_path: Path) -> WeightsStore:
    return WeightsStore(tmp_path / "weights", tmp_path / "cache", timeout=5)


def weight(url: str, content: bytes = CONTENT, algorithm: str = "sha256") -> WeightFile:
    digest = hashlib.new(algorithm, content).hexdigest()
    size = len(content)
    return WeightFile("net.h5", url, f"{algorithm}:{digest}", size, "MIT", "https://example.org")


def put(folder: Path, content: bytes = CONTENT) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "net.h5"
    path.write_bytes(content)
    return path


def downloads(store: WeightsStore) -> list[str]:
    """Names of all files in the cache folder itself, whole or partial."""
    return sorted(p.name for p in store.cache.glob("*") if p.is_file())


@pytest.mark.parametrize("algorithm", ["sha256", "md5"])
@pytest.mark.parametrize("path", ["/good", "/redirect", "/unsized"])
def test_a_file_is_downloaded_once(
    server: Server, store: WeightsStore, path: str, algorithm: str
) -> None:
    file = weight(server.url(path), algorithm=algorithm)
    assert store.find(file) is None
    got = store.get(file)
    assert got == store.cache / "net.h5"
    assert got.read_bytes() == CONTENT
    assert downloads(store) == ["net.h5"]
    asked = len(server.asked)
    assert store.find(file) == store.get(file) == got
    assert WeightsStore(None, store.cache).get(file) == got
    assert len(server.asked) == asked


def test_the_hash_may_be_written_in_capitals(server: Server, store: WeightsStore) -> None:
    digest = hashlib.sha256(CONTENT).hexdigest().upper()
    file = WeightFile("net.h5", server.url("/good"), f"sha256:{digest}", 0, "MIT", "")
    assert store.get(file).read_bytes() == CONTENT


def test_progress_counts_the_bytes_up_to_the_whole(server: Server, store: WeightsStore) -> None:
    for path in ("/good", "/unsized"):
        steps = list(store.fetch(weight(server.url(path))))
        done = [step.done for step in steps]
        assert done == sorted(done)
        assert all(step.total == len(CONTENT) for step in steps)
        assert steps[-1] == Progress(len(CONTENT), len(CONTENT))
        (store.cache / "net.h5").unlink()


def test_fetching_what_is_here_is_one_full_step(store: WeightsStore) -> None:
    put(store.cache)
    steps = list(store.fetch(weight("http://127.0.0.1:9/never")))
    assert steps == [Progress(len(CONTENT), len(CONTENT))]


def test_the_weights_directory_comes_first(server: Server, store: WeightsStore) -> None:
    file = weight(server.url("/good"))
    store.get(file)
    assert store.directory is not None
    by_hand = put(store.directory)
    assert store.find(file) == store.get(file) == by_hand


def test_a_file_url(tmp_path: Path, store: WeightsStore) -> None:
    source = tmp_path / "published.h5"
    source.write_bytes(CONTENT)
    assert store.get(weight(source.as_uri())).read_bytes() == CONTENT
    (store.cache / "net.h5").unlink()
    source.unlink()
    with pytest.raises(UserError, match=r"could not be downloaded from file:"):
        store.get(weight(source.as_uri()))


def test_a_wrong_file_in_the_weights_directory_is_passed_over_and_told(
    server: Server, store: WeightsStore, caplog: pytest.LogCaptureFixture
) -> None:
    assert store.directory is not None
    wrong = put(store.directory, OTHER)
    with caplog.at_level(logging.WARNING):
        assert store.find(weight(server.url("/good"))) is None
    assert str(wrong) in caplog.text
    caplog.clear()
    with pytest.raises(UserError, match="404"):
        store.get(weight(server.url("/404")))
    assert f"another hash: {wrong}" in caplog.text
    assert store.get(weight(server.url("/good"))) == store.cache / "net.h5"
    assert wrong.read_bytes() == OTHER


def test_a_damaged_file_in_the_cache_is_fetched_anew(server: Server, store: WeightsStore) -> None:
    file = weight(server.url("/good"))
    put(store.cache, CONTENT[:-1])
    assert store.find(file) is None
    assert store.get(file).read_bytes() == CONTENT


def test_one_wrong_download_is_tried_again(server: Server, store: WeightsStore) -> None:
    assert store.get(weight(server.url("/flaky"))).read_bytes() == CONTENT
    assert server.asked == ["/flaky", "/flaky"]
    assert downloads(store) == ["net.h5"]


def test_two_wrong_downloads_are_an_error_and_leave_nothing(
    server: Server, store: WeightsStore
) -> None:
    file = weight(server.url("/wrong"))
    with pytest.raises(UserError) as error:
        store.get(file)
    assert server.asked == ["/wrong", "/wrong"]
    assert downloads(store) == []
    assert store.find(file) is None
    actual = hashlib.sha256(OTHER).hexdigest()
    for part in ("net.h5", file.url, file.hash, f"sha256:{actual}"):
        assert part in str(error.value)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/404", "404"),
        ("/500", "500"),
        ("/drop", "connection was lost"),
        ("/stall", "in time"),
        ("/held", "in time"),
        ("/nonsense", ""),
    ],
)
def test_a_failing_server_is_one_sentence(
    server: Server, store: WeightsStore, path: str, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    store.timeout = 0.3
    file = weight(server.url(path))
    with pytest.raises(UserError) as error:
        store.get(file)
    assert store.directory is not None
    for part in (reason, file.url, "by hand"):
        assert part in str(error.value)
    assert str(store.directory) not in str(error.value)  # visitors read it
    assert str(store.directory / "net.h5") in caplog.text
    assert downloads(store) == []


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/x", "http://no-such-host.invalid/x"])
def test_without_a_network(tmp_path: Path, url: str, caplog: pytest.LogCaptureFixture) -> None:
    store = WeightsStore(None, tmp_path / "cache", timeout=5)
    with pytest.raises(UserError, match="could not be downloaded"):
        store.get(weight(url))
    assert str(store.cache / "net.h5") in caplog.text


def test_offline_asks_nobody_but_uses_what_is_here(server: Server, store: WeightsStore) -> None:
    store.offline = True
    file = weight(server.url("/good"))
    with pytest.raises(UserError, match="offline") as error:
        list(store.fetch(file))
    assert file.url in str(error.value)
    assert server.asked == []
    path = put(store.cache)
    assert store.get(file) == path


def test_closing_a_download_leaves_nothing(server: Server, store: WeightsStore) -> None:
    steps = store.fetch(weight(server.url("/stall")))
    assert 0 < next(steps).done < len(CONTENT)
    assert len(downloads(store)) == 1
    steps.close()
    assert downloads(store) == []


def test_what_a_killed_download_left_is_removed_later(server: Server, store: WeightsStore) -> None:
    put(store.cache, OTHER)
    old, young = store.cache / "net.h5.1-aa.part", store.cache / "net.h5.2-bb.part"
    old.touch()
    young.touch()
    os.utime(old, (0, 0))
    store.get(weight(server.url("/good")))
    assert downloads(store) == ["net.h5", young.name]


def test_two_processes_fetch_the_same_file_at_once(server: Server, store: WeightsStore) -> None:
    file = weight(server.url("/together"))
    code = (
        "import sys; from pathlib import Path; from host.weights import *\n"
        "file = WeightFile('net.h5', sys.argv[1], sys.argv[2], 0, '', '')\n"
        "print(WeightsStore(None, Path(sys.argv[3])).get(file))"
    )
    command = [sys.executable, "-c", code, file.url, file.hash, str(store.cache)]
    processes = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    for process in processes:
        assert process.communicate(timeout=60)[0].strip() == str(store.cache / "net.h5")
        assert process.returncode == 0
    assert server.asked == ["/together"] * 2
    assert downloads(store) == ["net.h5"]
    assert store.find(file) is not None


def test_two_threads_fetch_the_same_file_at_once(server: Server, store: WeightsStore) -> None:
    file = weight(server.url("/together"))
    with ThreadPoolExecutor(2) as pool:
        got = list(pool.map(store.get, [file, file]))
    assert got == [store.cache / "net.h5"] * 2
    assert server.asked == ["/together"] * 2
    assert downloads(store) == ["net.h5"]
    assert store.find(file) is not None


def test_a_verified_file_is_read_again_only_when_it_changed(store: WeightsStore) -> None:
    assert store.directory is not None
    path = put(store.directory)
    file = weight("http://127.0.0.1:9/never")
    assert store.find(file) == path

    # Same size, same time, other bytes: only a store that reads the file could tell.
    stat = path.stat()
    path.write_bytes(CONTENT[::-1])
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert WeightsStore(store.directory, store.cache).find(file) == path

    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    assert store.find(file) is None
    put(store.directory)
    assert store.find(file) == path


@pytest.mark.parametrize("damage", [b"", b"\xff\0{", b"[]", b'{"size": 1048576}', b"null"])
def test_damaged_notes_of_verified_files_do_no_harm(store: WeightsStore, damage: bytes) -> None:
    path = put(store.cache)
    file = weight("http://127.0.0.1:9/never")
    assert store.find(file) == path
    notes = [p for p in store.cache.rglob("*") if p.is_file() and p != path]
    assert notes
    for note in notes:
        note.write_bytes(damage)
    assert store.find(file) == path
    assert store.find(weight("http://127.0.0.1:9/never", OTHER)) is None


def test_a_cache_that_cannot_be_written(tmp_path: Path, server: Server) -> None:
    directory, cache = tmp_path / "weights", tmp_path / "cache"
    cache.write_bytes(b"a file, not a folder")
    store = WeightsStore(directory, cache)
    with pytest.raises(UserError, match="could not be written"):
        store.get(weight(server.url("/good")))
    assert store.find(weight(server.url("/good"))) is None
    path = put(directory)
    assert store.find(weight(server.url("/good"))) == path


@pytest.mark.parametrize(
    "name",
    ["../x.h5", "a/b.h5", "/etc/passwd", "a\\b.h5", "C:x", "..", ".", "", ".x", "a\n", "a\0"],
)
def test_a_name_cannot_leave_its_folder(name: str) -> None:
    with pytest.raises(ValueError, match="plain file name"):
        WeightFile(name, "https://example.org/x", "md5:" + "0" * 32, 1, "", "")


@pytest.mark.parametrize("hash", ["", "0" * 64, "sha1:" + "0" * 40, "sha256:" + "0" * 63, "md5:x"])
def test_a_malformed_hash_is_refused(hash: str) -> None:
    with pytest.raises(ValueError, match="sha256"):
        WeightFile("net.h5", "https://example.org/x", hash, 1, "", "")


@pytest.mark.parametrize("url", ["ftp://example.org/x", "net.h5", "", "data:,x"])
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="https"):
        WeightFile("net.h5", url, "md5:" + "0" * 32, 1, "", "")


def test_importing_it_needs_no_download_library() -> None:
    code = "import sys, host.weights; print({'pooch', 'requests', 'numpy'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
