"""Pushing a folder to a Space of the Hugging Face Hub."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from host.space.card import SpaceError

_SPACE = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_REFUSALS = {
    401: "it does not accept the token: set HF_TOKEN to one that is still valid",
    402: "this kind of Space has to be paid for",
    403: "the token may not write to {space}: it needs the permission to write there",
    404: "there is no {space}, or the token may not see it",
    409: "somebody else is changing {space}: try again",
    412: "somebody else is changing {space}: try again",
    429: "too much was asked of it: try again later",
}


def secrets_of(names: Sequence[str]) -> dict[str, str]:
    """The values of these environment variables. Raises SpaceError for one that is not set."""
    found = {}
    for name in names:
        if not _NAME.fullmatch(name):
            raise SpaceError(f"{name!r} is no name of an environment variable.")
        if not os.environ.get(name):
            raise SpaceError(f"The environment variable {name} is not set.")
        found[name] = os.environ[name]
    return found


def push(
    folder: Path, space: str, *, private: bool = False, secrets: dict[str, str] | None = None
) -> str:
    """Make the Space, unless it is there, and its files those of ``folder``; returns its address.

    space: OWNER/NAME. private: of a Space that is made now. secrets: set before the files arrive,
    so that its first start has them.
    The token is that of HF_TOKEN, or of whoever logged in with ``hf auth login``.
    Raises SpaceError, with a sentence, for whatever keeps it from being done.
    """
    if not _SPACE.fullmatch(space):
        raise SpaceError(f"{space!r} is not OWNER/NAME, such as ada/triptych.")
    try:
        # Only here: it takes a second to import.
        from huggingface_hub import HfApi, get_token
        from huggingface_hub.utils import disable_progress_bars

        if not sys.stderr.isatty():
            disable_progress_bars()
        if not get_token():
            raise SpaceError("There is no token: set HF_TOKEN, or log in with hf auth login.")
        hub = HfApi(library_name="triptych")
        made = hub.create_repo(
            space, repo_type="space", space_sdk="gradio", private=private or None, exist_ok=True
        )
        for name, value in (secrets or {}).items():
            hub.add_space_secret(space, name, value)
        hub.upload_folder(
            repo_id=space,
            repo_type="space",
            folder_path=folder,
            delete_patterns="*",  # what an earlier push brought and this one does not
            commit_message="Triptych",
        )
    except SpaceError:
        raise
    except Exception as error:  # without tokens and traces
        raise SpaceError(f"The Hub was not reached or refused: {_why(error, space)}.") from error
    return str(made)


def _why(error: BaseException, space: str) -> str:
    from huggingface_hub.errors import OfflineModeIsEnabled

    causes: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in causes:
        causes.append(cause)
        cause = cause.__cause__ or cause.__context__
    if any(isinstance(cause, OfflineModeIsEnabled) for cause in causes):
        return "HF_HUB_OFFLINE is set"
    for cause in causes:
        status = getattr(getattr(cause, "response", None), "status_code", None)
        if status is not None:
            known = _REFUSALS.get(status, "it answered with the status {status}")
            return known.format(space=space, status=status)
    if any(isinstance(cause, OSError) for cause in causes):
        return "there is no connection to it"
    return f"{type(error).__name__}"
