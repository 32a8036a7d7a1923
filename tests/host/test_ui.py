"""What tabs get from the host's page."""

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from host.ui import ImageInput, put_examples
from host.ui.links import add


def test_tabs_that_read_alike_stay_apart():
    """Gradio shows every tab whose id is the chosen one."""
    with gr.Blocks() as page:
        with gr.Tabs():
            tabs = [gr.Tab(label) for label in ("画像", "音声", "C", "C++", "Two words")]
        add(page)
    ids = [tab.id for tab in tabs]
    given = [each for each in ids if each is not None]
    assert len(set(given)) == len(given)
    assert (ids[2], ids[4]) == ("c", "two-words")


@pytest.mark.parametrize(
    ("answer", "count", "steps"),
    [
        (lambda picture: "seen", 1, ["seen"]),
        (lambda picture: ("seen", 2), 2, [("seen", 2)]),
        (lambda picture: (yield from ("one", "two")), 1, ["one", "two"]),
    ],
)
def test_an_example_is_answered_once(answer, count, steps, tmp_path):
    file = tmp_path / "a.png"
    Image.new("RGB", (4, 4)).save(file)
    with gr.Blocks() as page, gr.Tab("Tab") as tab:
        picture = ImageInput()
        outputs = [gr.Textbox() for _ in range(count)]
        put_examples(tab, [(picture, file)], answer, (), outputs)
    (once,) = (each.fn for each in page.fns.values() if each.fn is not None)
    pixels = np.zeros((4, 4, 3), np.uint8)
    flat = [step if isinstance(step, tuple) else (step,) for step in steps]
    assert list(once(False, pixels)) == [(True, *step) for step in flat]
    for answered, given in ((True, pixels), (False, None)):
        ((done, *rest),) = once(answered, given)
        assert done and all(each == gr.skip() for each in rest)
