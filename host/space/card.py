"""The keys of a Spacefile that are the Space's card.

They are those of https://huggingface.co/docs/hub/spaces-config-reference.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

REQUIRED = ("title", "emoji", "colorFrom", "colorTo", "sdk", "app_file")
CARD = (
    *REQUIRED,
    *("sdk_version", "python_version", "suggested_hardware", "suggested_storage"),
    *("app_build_command", "app_port", "base_path", "fullWidth", "header", "short_description"),
    *("models", "datasets", "tags", "thumbnail", "pinned", "license", "preload_from_hub"),
    *("hf_oauth", "hf_oauth_scopes", "hf_oauth_expiration_minutes", "hf_oauth_authorized_org"),
    *("disable_embedding", "startup_duration_timeout", "custom_headers"),
)
COLOURS = ("red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray")
DESCRIPTION = 60  # characters that a Space's page shows


class SpaceError(Exception):
    """A Spacefile, a folder or a Hub that does not do; a sentence for each reason."""


def read(spacefile: Path) -> dict[str, Any]:
    """The Spacefile's keys. Raises SpaceError when there is none or it is no YAML mapping."""
    try:
        keys = yaml.safe_load(spacefile.read_text("utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise SpaceError(f"{spacefile} cannot be read: {error}") from error
    if not isinstance(keys, dict):
        raise SpaceError(f"{spacefile} is no YAML mapping.")
    return keys


def on_cpu(keys: dict[str, Any]) -> bool:
    """Whether the Space's hardware has no GPU; cpu-basic is what a Space gets unasked."""
    return str(keys.get("suggested_hardware", "cpu-basic")).startswith("cpu")


def on_zerogpu(keys: dict[str, Any]) -> bool:
    """Whether the Space borrows a GPU for each call."""
    return str(keys.get("suggested_hardware", "")).startswith("zero")
