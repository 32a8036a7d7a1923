"""What would keep a Spacefile from becoming the Space that is meant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator
from pathlib import PurePath
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from host.settings import Limits, PluginSettings, Settings
from host.space.card import CARD, COLOURS, DESCRIPTION, REQUIRED, on_cpu, on_zerogpu
from host.zerogpu import LONGEST

_SECRET_NAME = re.compile(r"token|passw(or)?d|secret|credential|api_?key", re.IGNORECASE)
_SECRET_VALUE = re.compile(r"hf_[A-Za-z0-9]{20,}")  # a token of the Hub
_SETTINGS = tuple(key for key in Settings.model_fields if key != "operator_token")


def problems(keys: dict[str, Any]) -> list[str]:
    """What must be changed; a sentence each, [] when nothing."""
    known = (*CARD, *Settings.model_fields)
    found = [_unknown(str(key), known, "a Spacefile") for key in keys if key not in known]
    found += [
        f"{'.'.join(where)} could be read by everybody; make it a secret of the Space."
        for where in _secrets(keys)
    ]
    try:
        Settings(**{key: value for key, value in keys.items() if key in _SETTINGS})
    except ValidationError as error:
        found += [_wrong(item["type"], item["loc"], item["msg"]) for item in error.errors()]
    return found + _wrong_card(keys)


def warnings(keys: dict[str, Any]) -> list[str]:
    """What will surprise; a sentence each, [] when nothing."""
    found = []
    plugins = keys.get("plugins")
    for name, own in plugins.items() if isinstance(plugins, dict) else ():
        own = own if isinstance(own, dict) else {}
        if on_cpu(keys) and "cuda" in str(own.get("device", "")):
            hardware = keys.get("suggested_hardware", "cpu-basic")
            found.append(f"plugins.{name}.device is a GPU, and {hardware} has none.")
        seconds = own.get("time_limit", LONGEST)
        if on_zerogpu(keys) and isinstance(seconds, (int, float)) and seconds > LONGEST:
            found.append(
                f"plugins.{name}.time_limit is over {LONGEST} seconds, "
                "the longest that a call has a GPU of ZeroGPU."
            )
    return found


def _wrong_card(keys: dict[str, Any]) -> list[str]:
    found = [f"{key} is missing." for key in REQUIRED if not keys.get(key)]
    for key in ("colorFrom", "colorTo"):
        if keys.get(key) and keys[key] not in COLOURS:
            found.append(f"{key} is {keys[key]!r}, which is none of {', '.join(COLOURS)}.")
    if len(str(keys.get("short_description", ""))) > DESCRIPTION:
        found.append(f"short_description is longer than {DESCRIPTION} characters.")
    if keys.get("sdk") not in (None, "gradio"):
        found.append(f"sdk is {keys['sdk']!r}; Triptych runs with gradio.")
    if keys.get("app_file") not in (None, "app.py"):
        found.append(f"app_file is {keys['app_file']!r}; Triptych starts with app.py.")
    if bool(keys.get("oauth")) != bool(keys.get("hf_oauth")):
        found.append(
            "oauth and hf_oauth go together: one asks visitors to sign in, with the other "
            "Hugging Face lets them."
        )
    return found


def _wrong(kind: str, where: tuple[int | str, ...], message: str) -> str:
    """A sentence for one of pydantic's findings."""
    *parents, key = map(str, where)
    if kind == "extra_forbidden":
        # plugins.NAME.KEY and limits.KEY: nothing else forbids what it does not know
        known = PluginSettings.model_fields if parents[0] == "plugins" else Limits.model_fields
        return _unknown(key, known, ".".join(parents), ".".join([*parents, key]))
    return f"{'.'.join(map(str, where))} is wrong: {message}."


def _unknown(key: str, known: Collection[str], of: str, shown: str = "") -> str:
    near = difflib.get_close_matches(key, known, 1)
    return f"{shown or key} is no key of {of}" + (f"; is it {near[0]}?" if near else ".")


def _secrets(value: Any, where: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Where something lies that only the operator may know. What it is, is told to nobody."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _secrets(inner, (*where, str(key)))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _secrets(inner, (*where, str(number)))
    elif isinstance(value, str) and value and where:
        named = _SECRET_NAME.search(where[-1]) and not PurePath(value).is_absolute()
        if named or _SECRET_VALUE.search(value) or _has_password(value):
            yield where


def _has_password(value: str) -> bool:
    try:
        return "://" in value and urlsplit(value).password is not None
    except ValueError:
        return False
