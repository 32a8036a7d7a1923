"""A plugin that its author works on: files that the tests of ``--reload`` edit."""

from pathlib import Path

HOOK = """
from host import Plugin, hookimpl

@hookimpl
def register_plugins(register):
    register(
        Plugin(name="mine", title="Mine", tab="mine.tab:build", backend="mine.backend:Backend")
    )
"""

TAB = """
import gradio as gr

def build(backend):
    box = gr.Textbox(label="First label")
    answer = gr.Textbox(label="My answer")

    def shout(text: str) -> str:
        return backend.shout(text)

    def count(n: float):
        for number in backend.count(int(n)):
            yield str(number)

    def fail() -> str:
        return backend.fail()

    def fail_here() -> str:
        raise KeyError("<i>here</i>")

    gr.Button("Shout").click(shout, box, answer, api_name="mine_shout")
    gr.Button("Count").click(count, gr.Number(5, label="How many"), answer, api_name="mine_count")
    gr.Button("Fail").click(fail, None, answer, api_name="mine_fail")
    gr.Button("Fail here").click(fail_here, None, answer, api_name="mine_fail_here")
"""

BACKEND = """
import time

class Backend:
    def __init__(self, context):
        pass

    def shout(self, text):
        return text + "!"

    def count(self, n):
        for number in range(n):
            time.sleep(0.05)
            yield number

    def fail(self):
        raise ZeroDivisionError("<b>a value</b>")
"""

NEIGHBOUR = Path(__file__).parents[1] / "host" / "demo_plugin.py"


class Author:
    """Writes the plugin ``mine`` and edits it while it is served."""

    def __init__(self, parent):
        self.folder = parent / "mine"
        self.folder.mkdir()
        self.flags = ["--plugin", str(self.folder), "--plugin", str(NEIGHBOUR)]
        self.flags += ["--only", "mine,demo"]
        self.write("__init__.py", HOOK)
        self.write("tab.py", TAB)
        self.write("backend.py", BACKEND)

    def write(self, name, text):
        """Save as an editor does: a new file takes the old one's place."""
        (self.folder / f"{name}.new").write_text(text)
        (self.folder / f"{name}.new").replace(self.folder / name)

    def edit(self, name, old, new):
        text = (self.folder / name).read_text()
        assert old in text
        self.write(name, text.replace(old, new))
