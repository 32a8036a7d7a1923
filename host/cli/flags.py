"""The flags of ``triptych run``, which become settings."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from pydantic_settings import SettingsError
from yaml import YAMLError

from host.settings import Settings

if TYPE_CHECKING:
    from host.plugins import Found


# A setting of one plugin, what its value is, and what it does.
_OF_PLUGINS = (
    (
        "device",
        "DEVICE",
        "auto, cpu, cuda:0, ... or a list (style=cuda:0,cuda:1) for several workers",
    ),
    ("executor", "KIND", "process (default), inline or ray"),
    (
        "interpreter",
        "PYTHON",
        "run a plugin's worker with the Python of another virtual environment",
    ),
    ("time_limit", "SECONDS", "longest a call may take (default 600)"),
    (
        "idle_unload",
        "SECONDS",
        "give a worker's memory back after this long without a call",
    ),
    ("memory_limit", "MB", "end a worker that takes more memory than this"),
)


def _assignment(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise argparse.ArgumentTypeError(f"{text!r} is not PLUGIN=VALUE, such as face=cpu")
    return name, value


def parser(prog: str = "triptych run") -> argparse.ArgumentParser:
    """The flags. Left-out flags are left to the other sources."""
    flags = argparse.ArgumentParser(
        prog=prog,
        description="Serve the page." if prog == "triptych run" else None,
        epilog="Each flag can also be an environment variable (TRIPTYCH_PORT=8000) or a key of "
        "the Spacefile; flags win, then the environment, then the Spacefile.",
        argument_default=argparse.SUPPRESS,
    )
    add = flags.add_argument
    add("--host", help="address to listen on (default 127.0.0.1; 0.0.0.0 for every network)")
    add("--port", type=int, help="port to listen on (default 7860; 0 picks a free one from there)")
    for key, value, about in _OF_PLUGINS:
        flag = f"--{key.replace('_', '-')}"
        add(flag, action="append", type=_assignment, metavar=f"PLUGIN={value}", help=about)
    add("--plugin", action="append", metavar="PATH_OR_MODULE", help="load one more plugin")
    add("--reload", action="store_true", help="load a --plugin anew whenever its files change")
    add("--only", metavar="NAMES", help="load these plugins and no others (face,style)")
    add("--disable", metavar="NAMES", help="do not load these plugins")
    add("--safe-mode", action="store_true", help="load the plugins that ship with Triptych only")
    add("--strict", action="store_true", help="refuse to start when any plugin is broken")
    add("--offline", action="store_true", help="download nothing")
    add("--weights", metavar="DIR", help="folder with published weight files you already have")
    add("--cache", metavar="DIR", help="folder for downloads and parsed models")
    add("--max-upload-mb", type=float, metavar="MB", help="largest upload (default 20)")
    add("--max-megapixels", type=float, metavar="MP", help="largest picture (default 40)")
    add(
        "--limit",
        action="append",
        type=_assignment,
        metavar="NAME=VALUE",
        help="what visitors may use (visitor_calls=4, address_minutes=30, ...; see the documents)",
    )
    add("--users", metavar="FILE", help="let in only the users in this file (triptych users)")
    add("--oauth", action="store_true", help="let in only who signs in with Hugging Face")
    add("--origins", metavar="URLS", help="other sites whose pages may call this one")
    add("--trusted-proxies", metavar="ADDRESSES", help="reverse proxies in front of this server")
    add("--uploads", metavar="DIR", help="folder for visitors' files (default: in memory)")
    add("--mcp", action="store_true", help="offer the plugins' actions as MCP tools")
    add("--ray-address", metavar="ADDRESS", help="Ray cluster for --executor PLUGIN=ray")
    add("--log-level", choices=["debug", "info", "warning", "error"], help="default info")
    add("--log-format", choices=["text", "json"], help="default text")
    return flags


def settings_from(arguments: Sequence[str] | None = None, prog: str = "triptych run") -> Settings:
    """Settings from flags (``sys.argv`` if None), environment and Spacefile.

    Exits with a usage message that names each wrong value and where it belongs.
    """
    flags = parser(prog)
    values: dict[str, Any] = vars(flags.parse_args(arguments))
    plugins: dict[str, dict[str, str]] = {}
    for key, _, _ in _OF_PLUGINS:
        for name, value in values.pop(key, []):
            own = plugins.setdefault(name, {})
            # --device gan=cuda:0 --device gan=cuda:1 names two, as gan=cuda:0,cuda:1 does
            own[key] = f"{own[key]},{value}" if key == "device" and key in own else value
    if plugins:
        values["plugins"] = plugins
    if limits := dict(values.pop("limit", [])):
        values["limits"] = limits
    try:
        return Settings(**values)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()
        )
        flags.error(f"a setting is wrong ({wrong})")
    except SettingsError as error:
        flags.error(str(error))
    except (YAMLError, ValueError, TypeError, OSError) as error:
        flags.error(f"{Settings.spacefile} is not a YAML mapping of settings: {error}")


def discovered(prog: str, arguments: Sequence[str] = ()) -> tuple[Settings, list[Found]]:
    """The settings and the plugins they choose. Exits with a sentence when one cannot be chosen."""
    from host.plugins import PluginError, discover

    settings = settings_from(arguments, prog)
    log = logging.getLogger("host.plugins")
    log.disabled = True  # what is wrong is in what is found
    try:
        return settings, discover(settings)
    except PluginError as error:
        sys.exit(f"triptych: {error}")
    finally:
        log.disabled = False
