"""What every plugin needs, in one module.

    from host import Context, Plugin, UserError, hookimpl

and, for programs that use the plugins without a page, ``Host``. Importing this module imports
neither Gradio nor a deep-learning framework, so a plugin's ``__init__`` (read by the web process)
and its backend (read by the worker) may both use it.
"""

from typing import TYPE_CHECKING, Any

from host import gradio_stubs
from host.devices import Device
from host.hookspecs import hookimpl
from host.plugin import API_VERSION, Command, Context, Plugin, SettingsSection, UserError

if TYPE_CHECKING:
    from host.host import Host

__version__ = "0.1.0"
gradio_stubs.write_none()  # now, as nobody knows who imports Gradio first

__all__ = [
    "API_VERSION",
    "Command",
    "Context",
    "Device",
    "Host",
    "Plugin",
    "SettingsSection",
    "UserError",
    "hookimpl",
]


def __getattr__(name: str) -> Any:
    # Not imported above: a worker in a virtual environment of its own lacks what Host needs.
    if name == "Host":
        from host.host import Host

        return Host
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
