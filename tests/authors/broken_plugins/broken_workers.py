"""Tabs like any other, with backends that raise, hang, crash, flood the log and eat memory."""

import contextlib
import ctypes
import functools
import os
import threading
import time

from host import Context, Plugin, hookimpl


@hookimpl
def register_plugins(register):
    for name in ("raising", "hanging", "crashing", "printing", "eating"):
        register(
            Plugin(
                name=name,
                title=name.title(),
                tab=f"broken_workers:build_{name}",
                backend=f"broken_workers:{name.title()}",
            )
        )


class Raising:
    def __init__(self, context: Context) -> None:
        raise RuntimeError("the model file is missing")


class Working:
    def __init__(self, context: Context) -> None:
        pass


class Hanging(Working):
    def go(self) -> str:
        while True:
            with contextlib.suppress(BaseException):
                time.sleep(1)


class Crashing(Working):
    def go(self) -> str:
        return str(ctypes.string_at(0))


class Printing(Working):
    """Goes on printing after its answer, too."""

    def go(self) -> str:
        threading.Thread(target=self._print, daemon=True).start()
        return "It prints."

    def _print(self) -> None:
        while True:
            os.write(1, b"and again\n" * 100)


class Eating(Working):
    def go(self) -> str:
        self.eaten = []
        for _ in range(200):  # 2 GB, in 2 seconds
            self.eaten.append(b"x" * 10_000_000)
            time.sleep(0.01)
        return "2 GB are eaten."


def _build(name, backend) -> None:
    import gradio as gr  # not above: the workers would take their time for it

    def go() -> str:
        """Do it."""
        return backend.go()

    gr.Button("Go").click(go, None, gr.Textbox(), api_name=f"{name}_go")


for _name in ("raising", "hanging", "crashing", "printing", "eating"):
    globals()[f"build_{_name}"] = functools.partial(_build, _name)
