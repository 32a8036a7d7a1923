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


def _told(name: str, default: Any) -> Any:
    """Hugging Face Spaces say where to listen in Gradio's own variables."""
    return os.environ.get(name) or default


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
    executor: Literal["process", "inline", "ray"] = "process"
    replicas: int = Field(default=1, ge=1)
    """Workers on each device; with ray, actors anywhere in the cluster."""
    num_gpus: float | None = Field(default=None, ge=0)
    """GPUs that ray reserves for each worker; None for one where the device is a GPU, else none."""
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


class Limits(BaseModel, extra="forbid"):
    """What visitors may use. None for no limit.

    A visitor is a user where there are users, else an open page; an address is an IP address. A
    call is running or waiting; minutes are of workers' time, megabytes of uploads, both within an
    hour.
    """

    visitor_calls: int | None = Field(default=8, ge=1)
    visitor_minutes: float | None = Field(default=None, gt=0)
    address_calls: int | None = Field(default=None, ge=1)
    address_minutes: float | None = Field(default=None, gt=0)
    address_upload_mb: float | None = Field(default=None, gt=0)
    all_calls: int | None = Field(default=None, ge=1)
    all_minutes: float | None = Field(default=None, gt=0)
    all_upload_mb: float | None = Field(default=None, gt=0)
    waiting: int = Field(default=300, ge=1)
    """Events of all visitors that may wait for their turn."""
    sessions: int = Field(default=1000, ge=1)
    """Visitors whose state is kept; over that, the one who did nothing for longest is forgotten."""
    session_minutes: float = Field(default=60, gt=0)
    """After that long without a sign of life a visitor's state and uploads are deleted."""


class Settings(BaseSettings):
    """All settings. Raises pydantic.ValidationError for a value that cannot be right."""

    model_config = SettingsConfigDict(
        env_prefix="TRIPTYCH_", env_nested_delimiter="__", extra="ignore"
    )
    spacefile: ClassVar[Path] = _spacefile()

    title: str = "Triptych"
    host: str = Field(default_factory=lambda: _told("GRADIO_SERVER_NAME", "127.0.0.1"))
    port: int = Field(default_factory=lambda: _told("GRADIO_SERVER_PORT", 7860), ge=0, le=65535)
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
    limits: Annotated[Limits, BeforeValidator(_empty)] = Limits()
    users: Folder | None = None
    """File of users and salted hashes of their passwords (``triptych users``); only they get in."""
    oauth: bool = False
    """Only who has signed in with Hugging Face gets in."""
    origins: Names = []
    """Other sites whose pages may call this one (https://example.org); "*" for all."""
    trusted_proxies: Names = []
    """Addresses or networks of reverse proxies, which are believed whom they forward."""
    uploads: Folder | None = None
    """Where visitors' files lie while they are here; None for memory where there is room."""
    mcp: bool = False
    """Offer the plugins' main actions as tools of the Model Context Protocol."""
    ray_address: str | None = None
    """Of the Ray cluster; None for the one that RAY_ADDRESS names, or a local one."""
    operator_token: Annotated[SecretStr | None, BeforeValidator(lambda token: token or None)] = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["text", "json"] = "text"

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
