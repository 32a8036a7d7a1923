"""Its backend starts as the variable BAD_START says."""

import os
import time

from host import Plugin, hookimpl


@hookimpl
def register_plugins(register):
    register(Plugin(name="bad_start", title="Bad", tab="bad_start:build", backend="bad_start:Bad"))


def build(backend) -> None:
    pass


class Bad:
    def __init__(self, context) -> None:
        match os.environ["BAD_START"]:
            case "raises":
                raise FileNotFoundError("model.bin")
            case "crashes":
                os.abort()
            case "hangs":
                time.sleep(600)

    def health(self) -> dict[str, str]:
        raise KeyError("name")
