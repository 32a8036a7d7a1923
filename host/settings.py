"""Every setting of the app. Flags beat environment, which beats the Spacefile, then defaults.

Environment variables are ``TRIPTYCH_`` and the setting's name, with ``__`` for nesting:
``TRIPTYCH_OFFLINE=1``, ``TRIPTYCH_PLUGINS__FACE__DEVICE=cpu``.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from platformdirs import user_cache_path
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    YamlConfigSettingsSource,
)

from host.shipped import shipped


def _split(value: Any) -> Any:
    """Accept "a,b" wherever a list is meant."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _empty(value: Any) -> Any:
    """Accept a key without a value in the Spacefile."""
    if isinstance(value, dict):
        return {name: {} if item is None else item for name, item in value.items()}
    return {} if value is None else value


def _spacefile() -> Path:
    """The one of the folder where Triptych was started, or else the one that came with it."""
    here = Path("Spacefile")
    return here.resolve() if here.is_file() else shipped("Spacefile")


Names = Annotated[list[str], NoDecode, BeforeValidator(_split)]
Folder = Annotated[Path, AfterValidator(lambda path: path.expanduser())]


class PluginSettings(BaseModel, extra="forbid"):
    """One plugin's place and limits."""

    device: Names = Field(default=["auto"], min_length=1)
    """"auto", "cpu", "cuda:0"; several give several workers."""
    executor: Literal["process", "inline"] = "process"
    time_limit: float = Field(default=600, gt=0)
    """Seconds one call may take."""
    idle_unload: float | None = Field(default=None, gt=0)
    """Seconds without a call after which the worker's memory is given back."""
    memory_limit: float | None = Field(default=None, gt=0)
    """MB of memory above which the worker is ended."""
    interpreter: str | None = None
    """Python of another virtual environment, for a plugin whose dependencies clash."""
    threads: int | None = Field(default=None, ge=1)
    """CPU threads of a worker."""
    options: dict[str, Any] = {}
    """Handed to the backend as ``context.settings``."""


class Settings(BaseSettings):
    """All settings. Raises pydantic.ValidationError for a value that cannot be right."""

    model_config = SettingsConfigDict(
        env_prefix="TRIPTYCH_", env_nested_delimiter="__", extra="ignore"
    )
    spacefile: ClassVar[Path] = _spacefile()

    title: str = "Triptych"
    # Hugging Face Spaces say where to listen in Gradio's own variables.
    host: str = Field(default_factory=lambda: os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1"))
    port: int = Field(
        default_factory=lambda: int(os.environ.get("GRADIO_SERVER_PORT", 7860)), ge=0, le=65535
    )
    plugins: Annotated[dict[str, PluginSettings], BeforeValidator(_empty)] = {}
    plugin: Names = []
    """Folders, files or modules of plugins to load besides those that are installed."""
    reload: bool = False
    """For a plugin's author: load it anew when its files change, and show tracebacks in its tab."""
    only: Names = []
    disable: Names = []
    safe_mode: bool = False
    strict: bool = False
    offline: bool = False
    weights: Folder | None = None
    cache: Folder = user_cache_path("triptych")
    max_upload_mb: float = Field(default=20, gt=0, allow_inf_nan=False)
    max_megapixels: float = Field(default=40, gt=0, allow_inf_nan=False)
    load_limit: float = Field(default=30, gt=0)
    """Seconds a plugin may take to be imported, and as many to build its tab."""
    queue_size: int = Field(default=64, ge=1)
    operator_token: Annotated[SecretStr | None, BeforeValidator(lambda token: token or None)] = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        spacefile = YamlConfigSettingsSource(settings_cls, yaml_file=cls.spacefile)
        return init_settings, env_settings, spacefile

    def wants(self, name: str) -> bool:
        """Whether the plugin of that name is to be loaded."""
        return (not self.only or name in self.only) and name not in self.disable

    def for_plugin(self, name: str) -> PluginSettings:
        return self.plugins.get(name, PluginSettings())
