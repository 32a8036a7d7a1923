"""Everything a plugin author needs, in one module.

    from host import API_VERSION, Context, Device, Plugin, UserError, hookimpl

Importing it imports neither Gradio nor a deep-learning framework, so a plugin's
``__init__`` (read by the web process) and its backend (read by the worker) may both use it.
"""

from host.devices import Device
from host.hookspecs import hookimpl
from host.plugin import API_VERSION, Context, Plugin, UserError

__version__ = "0.1.0"

__all__ = ["API_VERSION", "Context", "Device", "Plugin", "UserError", "hookimpl"]
