"""Finds nothing heavy: the tab and the backend are modules of their own."""

from host import Plugin, hookimpl


@hookimpl
def register_plugins(register):
    register(Plugin(name="good", title="Good", tab="good_tab:build", backend="good_backend:Good"))
