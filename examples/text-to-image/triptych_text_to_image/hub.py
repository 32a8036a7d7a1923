"""Models and LoRAs of the Hugging Face hub -> files of this machine, in its usual cache.

What is here already is used without asking the network. Of a model only what is needed and safe
is downloaded: safetensors and small text files, never pickles (``.bin``, ``.ckpt``) and no code.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath
from typing import Any

# The plain download tells each block and ends when told to; the other protocol's does not.
os.environ.setdefault("HF_HUB_DISABLE_XET", "1")

import huggingface_hub
from huggingface_hub import constants
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
)
from tqdm import tqdm

from host import UserError

from .background import Outlet
from .results import Download

# bytes; with its own 10 MB a slow line could leave a visitor's Stop unheard for long
constants.DOWNLOAD_CHUNK_SIZE = 1 << 20

INDEX = "model_index.json"
_WEIGHTS = ".safetensors"
_TEXT = (".json", ".txt", ".model")
HALF = "fp16"
_WEIGHT_FILE = re.compile(
    r"[^.]+?(\.(?P<variant>[^.-]+))?(-\d+-of-\d+)?\.safetensors"
    r"(\.index(\.(?P<index_variant>[^.]+))?\.json)?"
)
_TELL_EVERY = 0.25  # seconds


class Hub:
    """offline: open no connection."""

    def __init__(self, offline: bool) -> None:
        self._offline = offline

    def model(self, repo: str, skip: Iterable[str], outlet: Outlet) -> Path:
        """The folder of a diffusers model; tells :class:`Download`.

        skip: components (sub-folders) that are not wanted.
        Raises UserError when it cannot be had.
        """
        unwanted = set(skip)

        def wanted(names: list[str]) -> list[str]:
            if INDEX not in names:
                raise UserError(
                    f"{repo} is no text-to-image model for diffusers: it has no {INDEX}."
                )
            return [name for name in _model_files(names) if name.split("/")[0] not in unwanted]

        return self._get(repo, INDEX, wanted, outlet).parent

    def lora(self, repo: str, file: str | None, outlet: Outlet) -> Path:
        """A LoRA's file; ``file`` None for the only safetensors file of ``repo``.

        Raises UserError when it cannot be had.
        """

        def wanted(names: list[str]) -> list[str]:
            files = [name for name in names if name.endswith(_WEIGHTS)]
            if file is not None:
                files = [name for name in files if name == file]
            if len(files) != 1:
                raise UserError(
                    f"{repo} has {len(files)} such {_WEIGHTS} files; name one as "
                    f"OWNER/NAME/FILE{_WEIGHTS}."
                )
            return files

        return self._get(repo, file, wanted, outlet)

    def _get(
        self,
        repo: str,
        last: str | None,
        wanted: Callable[[list[str]], list[str]],
        outlet: Outlet,
    ) -> Path:
        """The path of the file that is downloaded last: once it is here, all are."""
        if last is not None and (here := _cached(repo, last)) is not None:
            return here
        if self._offline:
            if last is None and (only := _only_cached(repo)) is not None:
                return only
            raise UserError(
                f"{repo} is not on this machine, and the app runs offline; download it while "
                f"online (hf download {repo}), or name a local folder."
            )
        try:
            return self._download(repo, wanted, outlet)
        except GatedRepoError as error:
            raise UserError(
                f"{repo} wants its terms accepted on huggingface.co first; then start the app "
                "with an access token in HF_TOKEN."
            ) from error
        except RepositoryNotFoundError as error:
            raise UserError(f"There is no public model {repo} on the hub.") from error
        except (HfHubHTTPError, EntryNotFoundError, LocalEntryNotFoundError) as error:
            raise _unreachable(repo) from error
        except OSError as error:
            if error.errno is not None and error.filename is not None:
                raise UserError(f"{repo} could not be stored ({error.strerror}).") from error
            raise _unreachable(repo) from error
        except Exception as error:
            # The HTTP client changes between versions of the hub's library, and with it the
            # class of "no connection".
            if type(error).__module__.partition(".")[0] in ("httpx", "httpx2", "httpcore"):
                raise _unreachable(repo) from error
            raise

    def _download(
        self, repo: str, wanted: Callable[[list[str]], list[str]], outlet: Outlet
    ) -> Path:
        outlet.tell(Download(repo, 0, 0))
        info = huggingface_hub.HfApi().model_info(repo, files_metadata=True, timeout=20)
        sizes = {each.rfilename: each.size or 0 for each in info.siblings or []}
        names = wanted(sorted(sizes))
        total, before = sum(sizes[name] for name in names), 0
        path = ""
        for name in sorted(names, key=lambda name: name == INDEX):
            outlet.check()
            bar = _bar(Download(repo, before, total), sizes[name], outlet)
            path = huggingface_hub.hf_hub_download(repo, name, tqdm_class=bar)
            before += sizes[name]
        return Path(path)


def _model_files(names: list[str]) -> list[str]:
    """The files of a diffusers model, in half precision where every component has that."""
    names = [
        name
        for name in names
        if name == INDEX or (name.count("/") == 1 and name.endswith((_WEIGHTS, *_TEXT)))
    ]
    variants: dict[str, set[str]] = {}
    for name in names:
        if (variant := _variant(name)) is not None:
            variants.setdefault(name.partition("/")[0], set()).add(variant)
    chosen = HALF if all(HALF in there for there in variants.values()) else ""
    return [name for name in names if _variant(name) in (None, chosen)]


def _variant(name: str) -> str | None:
    """ "" or "fp16" or the like for a file of weights (or its index), None for any other file."""
    match = _WEIGHT_FILE.fullmatch(PurePosixPath(name).name)
    return None if match is None else match["variant"] or match["index_variant"] or ""


def _bar(begun: Download, size: int, outlet: Outlet) -> Any:
    """A progress bar's class that tells bytes instead of drawing."""
    told = [0.0]

    class Bar(tqdm):  # type: ignore[type-arg]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            kwargs.pop("name", None)
            super().__init__(*args, **{**kwargs, "disable": True})
            self.n = kwargs.get("initial", 0)

        def update(self, n: float | None = 1) -> None:
            self.n += n or 0
            outlet.check()
            if time.monotonic() - told[0] > _TELL_EVERY:
                told[0] = time.monotonic()
                done = begun.done + min(int(self.n), size)
                outlet.tell(Download(begun.name, done, begun.total))

    return Bar


def _cached(repo: str, file: str) -> Path | None:
    path = huggingface_hub.try_to_load_from_cache(repo, file)
    return Path(path) if isinstance(path, str) else None


def _only_cached(repo: str) -> Path | None:
    try:
        folder = huggingface_hub.snapshot_download(repo, local_files_only=True)
    except (OSError, EntryNotFoundError):
        return None
    files = list(Path(folder).glob(f"*{_WEIGHTS}"))
    return files[0] if len(files) == 1 else None


def _unreachable(repo: str) -> UserError:
    return UserError(
        f"{repo} is not on this machine and could not be downloaded: the hub cannot be reached or "
        "broke off. Please try again; what is here already is kept."
    )
