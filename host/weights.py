"""Published weight files: a URL and a hash -> a verified local file.

A file is looked for in the weights directory (``TRIPTYCH_WEIGHTS``), then in the cache, and is
downloaded last. Nothing is handed out whose hash was not checked; the hash of a large file is
computed once and remembered until its size or modification time changes.

The download is ``urllib``: progress that is read by iterating and a download that ends when the
iterator is closed are a plain loop around ``read1``, where pooch's blocking downloader would need
a thread, a queue and an exception thrown through its progress bar. It also leaves this module
with nothing to install, so that a worker in a plugin's own interpreter can use it.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import logging
import os
import re
import secrets
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from host.plugin import UserError

if TYPE_CHECKING:
    from host.settings import Settings

log = logging.getLogger(__name__)

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*")
_DIGEST_LENGTH = {"sha256": 64, "md5": 32}
_SCHEMES = ("https", "http", "file")
_BLOCK = 1 << 20  # bytes read at once, from a file or from the network
_PROGRESS_EVERY = 0.1  # seconds; also how long a cancel can wait while bytes are coming in
_ABANDONED_AFTER = 3600.0  # seconds without a write after which a partial file has no owner


@dataclass(frozen=True)
class WeightFile:
    """A published file of trained weights.

    name: the file's name here, one path component of letters, digits and ``_.+-``.
    url: https, http or file URL of the very file (no archive).
    hash: ``"sha256:<64 hex digits>"`` or ``"md5:<32 hex digits>"``.
    size: bytes; used for progress where the server does not tell.
    licence, source: shown to visitors.

    Raises ValueError for a name that leaves its folder, another scheme or a malformed hash.
    """

    name: str
    url: str
    hash: str
    size: int
    licence: str
    source: str

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"weight file name {self.name!r}: give a plain file name, no path")
        if urlsplit(self.url).scheme not in _SCHEMES:
            raise ValueError(f"{self.name}: {self.url!r} is not a https, http or file URL")
        algorithm, _, digest = self.hash.partition(":")
        if not re.fullmatch(rf"[0-9a-fA-F]{{{_DIGEST_LENGTH.get(algorithm, 0) or 999}}}", digest):
            raise ValueError(f"{self.name}: hash {self.hash!r} is not 'sha256:...' or 'md5:...'")


@dataclass(frozen=True)
class Progress:
    """State of a download, in bytes; ``total`` is 0 where neither server nor author told it."""

    done: int
    total: int


class WeightsStore:
    """Finds, verifies and downloads weight files.

    directory: a folder of files put there by hand, only read; None for none.
    cache: a folder for downloads, made when first needed; several processes may share it.
    offline: never open a connection.
    timeout: seconds to wait for the server to answer or to send more.
    """

    def __init__(
        self, directory: Path | None, cache: Path, offline: bool = False, timeout: float = 30.0
    ) -> None:
        self.directory = None if directory is None else Path(directory)
        self.cache = Path(cache)
        self.offline = offline
        self.timeout = timeout

    @classmethod
    def of(cls, settings: Settings) -> WeightsStore:
        """The store that the app's settings name."""
        return cls(settings.weights, settings.cache / "weights", offline=settings.offline)

    def find(self, file: WeightFile) -> Path | None:
        """The verified local file, or None; a file with another hash is logged and passed over."""
        for folder in (self.directory, self.cache):
            if folder is not None and self._matches(path := folder / file.name, file):
                return path
        return None

    def get(self, file: WeightFile) -> Path:
        """The verified local file, downloaded if need be; raises UserError as :meth:`fetch`."""
        steps = self.fetch(file)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                return end.value

    def fetch(self, file: WeightFile) -> Generator[Progress, None, Path]:
        """Download ``file`` unless it is here already, yielding :class:`Progress` on the way.

        The last progress has ``done == total``; the generator's return value is the path.
        Closing it early leaves nothing behind. Raises UserError when the file cannot be
        downloaded or has the wrong hash twice.
        """
        if (path := self.find(file)) is not None:
            size = path.stat().st_size
            yield Progress(size, size)
            return path
        if self.offline:
            raise self._unreachable(file, "the app runs offline")

        target = self.cache / file.name
        algorithm, _, expected = file.hash.partition(":")
        actual = ""
        for attempt in (1, 2):
            # A name of its own beside the target: processes fetching the same file do not meet
            # before the rename, and that replaces one verified copy by another.
            part = self.cache / f"{file.name}.{os.getpid()}-{secrets.token_hex(4)}.part"
            try:
                actual, size = yield from self._download(file, part, algorithm)
                if actual == expected.lower():
                    with self._writing(file):
                        part.replace(target)
                    self._remember(target, algorithm, actual)
                    yield Progress(size, size)
                    return target
            finally:
                with contextlib.suppress(OSError):
                    part.unlink(missing_ok=True)
            log.warning(
                "%s from %s has %s %s, not %s (download %d of 2)",
                *(file.name, file.url, algorithm, actual, expected, attempt),
            )
        raise self._unavailable(
            file,
            f"{file.name} from {file.url} was downloaded twice with the wrong hash "
            f"(expected {file.hash}, got {algorithm}:{actual})",
        )

    def _download(
        self, file: WeightFile, part: Path, algorithm: str
    ) -> Generator[Progress, None, tuple[str, int]]:
        """Write the URL's content to ``part``; returns its hex digest and its size in bytes."""
        digest = hashlib.new(algorithm, usedforsecurity=False)  # False: md5 where FIPS forbids it
        done, told = 0, 0.0
        with self._writing(file):
            self.cache.mkdir(parents=True, exist_ok=True)
            self._sweep(file)
            out = part.open("xb")
        with out, contextlib.closing(_blocks(file.url, self.timeout)) as blocks:
            while True:
                try:
                    length, block = next(blocks)
                except StopIteration:
                    break
                except (OSError, http.client.HTTPException, ValueError) as error:
                    raise self._unreachable(file, _reason(error)) from error
                with self._writing(file):
                    out.write(block)
                digest.update(block)
                done += len(block)
                if time.monotonic() - told >= _PROGRESS_EVERY:
                    told = time.monotonic()
                    yield Progress(done, max(done, length or file.size))
            with self._writing(file):
                out.flush()
        return digest.hexdigest(), done

    def _sweep(self, file: WeightFile) -> None:
        """Remove what a killed process left of this file."""
        for part in self.cache.glob(f"{file.name}.*.part"):
            with contextlib.suppress(OSError):
                if time.time() - part.stat().st_mtime > _ABANDONED_AFTER:
                    part.unlink()

    def _matches(self, path: Path, file: WeightFile) -> bool:
        algorithm, _, expected = file.hash.partition(":")
        try:
            if not path.is_file():
                return False
            actual = self._digest(path, algorithm)
        except OSError as error:
            log.warning("%s cannot be read and is passed over: %s", path, error)
            return False
        if actual != expected.lower():
            log.warning(
                "%s has %s %s and is passed over: not %s", path, algorithm, actual, expected
            )
            return False
        return True

    def _digest(self, path: Path, algorithm: str) -> str:
        """The file's hex digest, from the notes if size and modification time are still those."""
        stat = path.stat()  # before reading: a file changed meanwhile is read again next time
        note = self._note(path, algorithm)
        try:
            known = json.loads(note.read_text("utf-8"))
            if known["size"] == stat.st_size and known["mtime_ns"] == stat.st_mtime_ns:
                return str(known["digest"])
        except (OSError, ValueError, KeyError, TypeError):
            pass  # none yet, or damaged: the file itself is the truth
        digest = hashlib.new(algorithm, usedforsecurity=False)
        with path.open("rb") as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
        self._remember(path, algorithm, digest.hexdigest(), stat)
        return digest.hexdigest()

    def _note(self, path: Path, algorithm: str) -> Path:
        """Where a digest is noted: one small file each, so that no process undoes another's."""
        key = hashlib.sha256(f"{algorithm}:{path.absolute()}".encode("utf-8", "surrogateescape"))
        return self.cache / "verified" / f"{key.hexdigest()[:32]}.json"

    def _remember(
        self, path: Path, algorithm: str, digest: str, stat: os.stat_result | None = None
    ) -> None:
        note = self._note(path, algorithm)
        temporary = note.with_suffix(f".{os.getpid()}-{secrets.token_hex(4)}.tmp")
        try:
            stat = stat or path.stat()
            entry = {"size": stat.st_size, "mtime_ns": stat.st_mtime_ns, "digest": digest}
            note.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text(json.dumps(entry), "utf-8")
            temporary.replace(note)
        except OSError as error:  # a cache that cannot be written costs time, nothing else
            log.info("the hash of %s is not remembered: %s", path, error)
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)

    def _place(self, file: WeightFile) -> Path:
        return (self.directory or self.cache) / file.name

    def _unavailable(self, file: WeightFile, why: str) -> UserError:
        """Visitors read why; the log has the places, which are the operator's business."""
        log.warning("put %s by hand at %s.%s", file.name, self._place(file), self._refused(file))
        return UserError(f"{why}; the operator can put the file there by hand (see the log).")

    def _refused(self, file: WeightFile) -> str:
        """A sentence about files with the wrong hash that lie where this one was looked for."""
        found = []
        for folder in (self.directory, self.cache):
            with contextlib.suppress(OSError):
                if folder is not None and (path := folder / file.name).is_file():
                    found.append(str(path))
        return f" Not used, because of another hash: {', '.join(found)}." if found else ""

    def _unreachable(self, file: WeightFile, reason: str) -> UserError:
        why = f"{file.name} could not be downloaded from {file.url} ({reason})"
        return self._unavailable(file, why)

    @contextlib.contextmanager
    def _writing(self, file: WeightFile) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            log.warning("%s could not be written to %s", file.name, self.cache)
            raise UserError(f"{file.name} could not be written ({_reason(error)}).") from error


def _blocks(url: str, timeout: float) -> Generator[tuple[int, bytes], None, None]:
    """Yield (length of the whole or 0, next bytes) of ``url``; raises what urllib raises."""
    # Some servers refuse urllib's own name.
    request = urllib.request.Request(url, headers={"User-Agent": "triptych"})
    with urllib.request.urlopen(request, timeout=timeout, context=_tls()) as response:
        length, done = int(response.headers.get("Content-Length") or 0), 0
        while block := response.read1(_BLOCK):
            done += len(block)
            yield length, block
    if done < length:  # http.client reports this for chunked bodies only
        raise http.client.IncompleteRead(b"", length - done)


def _tls() -> ssl.SSLContext:
    """The system's certificates, and certifi's where the system (a slim container) has none."""
    context = ssl.create_default_context()
    with contextlib.suppress(ImportError):
        import certifi

        context.load_verify_locations(certifi.where())
    return context


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"the server answered {error.code} {error.reason}"
    if isinstance(error, http.client.IncompleteRead):
        return "the connection was lost before the end of the file"
    if isinstance(error, urllib.error.URLError) and isinstance(error.reason, Exception):
        return _reason(error.reason)
    if isinstance(error, TimeoutError):
        return "the server did not answer in time"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
