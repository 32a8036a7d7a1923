from host import Plugin, hookimpl


@hookimpl
def register_plugins(register):
    register(Plugin(name="dies_in_tab", title="Bad", tab="dies_in_tab:build"))


def build(backend) -> None:
    import os

    os.abort()
