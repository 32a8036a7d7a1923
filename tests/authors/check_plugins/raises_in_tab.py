from host import Plugin, hookimpl


@hookimpl
def register_plugins(register):
    register(Plugin(name="raises_in_tab", title="Bad", tab="raises_in_tab:build"))


def build(backend) -> None:
    raise LookupError("no such component")
