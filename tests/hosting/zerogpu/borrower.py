"""A plugin whose backend tells where it runs; ``gpu`` stands for one made with PyTorch."""

import os
import time

import gradio as gr

from host import Context, Plugin, UserError, hookimpl


@hookimpl
def register_plugins(register):
    for name, framework in (("gpu", "torch"), ("tf", "tensorflow")):
        register(
            Plugin(
                name=name,
                title=name,
                framework=framework,
                tab=f"borrower:build_{name}",
                backend="borrower:Backend",
            )
        )


class Backend:
    def __init__(self, context: Context) -> None:
        self._device = f"{context.device} {context.device.torch}"

    def where(self) -> str:
        return f"{self._device} in {os.getpid()}"

    def refuse(self) -> None:
        raise UserError("Please give a smaller number.")

    def fail(self) -> None:
        raise ZeroDivisionError("a secret path /root/key")

    def count(self, n: int):
        return self._numbers(n)  # not a generator function itself, as those of the gan plugin

    def _numbers(self, n: int):
        for number in range(n):
            time.sleep(0.05)
            yield f"{number}"
        return n


def _build(backend, name: str) -> None:
    answer = gr.Textbox(label="Answer")

    def where() -> str:
        return backend.where()

    def refuse() -> str:
        return backend.refuse()

    def fail() -> str:
        return backend.fail()

    def count(n: float):
        yield from backend.count(int(n))

    number = gr.Number(3, label="Number")
    gr.Button("Where").click(where, None, answer, api_name=f"{name}_where")
    gr.Button("Refuse").click(refuse, None, answer, api_name=f"{name}_refuse")
    gr.Button("Fail").click(fail, None, answer, api_name=f"{name}_fail")
    gr.Button("Count").click(count, number, answer, api_name=f"{name}_count")


def build_gpu(backend) -> None:
    _build(backend, "gpu")


def build_tf(backend) -> None:
    _build(backend, "tf")
