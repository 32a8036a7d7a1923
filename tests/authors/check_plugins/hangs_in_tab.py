from host import Plugin, hookimpl


@hookimpl
def register_plugins(register):
    register(Plugin(name="hangs_in_tab", title="Bad", tab="hangs_in_tab:build"))


def build(backend) -> None:
    import time

    time.sleep(600)
