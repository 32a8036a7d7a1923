"""Wrong in what it says about itself: names, docstrings, annotations, health; and it has guests.

Everything else about it is right.
"""

from host import Command, Plugin, hookimpl


@hookimpl
def register_plugins(register):
    register(
        Plugin(
            name="careless",
            title="Careless",
            tab="careless_tab:build",
            backend="careless_backend:Careless",
        )
    )


@hookimpl
def register_commands(register):
    register(Command("careless", "go", "careless_backend:absent"))


@hookimpl
def health_lines():
    return ["fine"]
