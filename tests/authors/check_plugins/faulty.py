"""Well described, and wrong in each way in which a call can go wrong."""

from host import Plugin, hookimpl


@hookimpl
def register_plugins(register):
    register(
        Plugin(
            name="faulty", title="Faulty", tab="faulty_tab:build", backend="faulty_backend:Faulty"
        )
    )
