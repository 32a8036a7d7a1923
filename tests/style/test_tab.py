"""The tab through the real app: the API event, a picture at the end, refusals."""

from __future__ import annotations

import itertools

import gradio as gr
import numpy as np
import pytest
from gradio_client import handle_file
from PIL import Image

from plugins.style import tab


@pytest.fixture(scope="module")
def client(start_app):
    return start_app("--offline", "--strict", "--only", "style").client()


@pytest.fixture(scope="module")
def files(photo, painting, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    Image.fromarray(photo).save(folder / "photo.jpg")
    Image.fromarray(painting).save(folder / "painting.png")
    return {
        "content": handle_file(folder / "photo.jpg"),
        "style": handle_file(folder / "painting.png"),
    }


def test_a_client_gets_the_painted_picture_and_its_file(client, files, photo):
    picture, status, download, curve = client.predict(
        **files, size=128, steps=20, api_name="/style_transfer"
    )
    with Image.open(picture) as shown, Image.open(download) as kept:
        assert shown.size == (128, round(128 * photo.shape[0] / photo.shape[1]))
        assert kept.format == "PNG" and kept.text["Software"].startswith("Triptych")
        np.testing.assert_array_equal(np.asarray(shown.convert("RGB")), np.asarray(kept))
    assert "Done after 20 of 20 steps" in status and "the embedded network" in status
    assert set(curve["columns"]) == {"step", "loss", "log10"}
    assert {row[1] for row in curve["data"]} == {"total", "content", "style", "smoothness"}
    assert {row[0] for row in curve["data"]} == set(range(1, 21))


def test_a_client_can_stop_and_run_again(client, files):
    job = client.submit(**files, size=512, steps=600, api_name="/style_transfer")
    while len(job.outputs()) < 2:
        assert not job.done(), job.exception()
    job.cancel()
    *_, status, _, _ = client.predict(**files, size=128, steps=10, api_name="/style_transfer")
    assert "Done" in status


def test_mistakes_are_told_in_a_sentence(client, files):
    with pytest.raises(Exception, match="Please choose a painting"):
        client.predict(content=files["content"], style=None, api_name="/style_transfer")
    with pytest.raises(Exception, match="get them first"):
        client.predict(**files, network="vgg19", api_name="/style_transfer")


def test_a_seed_is_taken_or_told_its_range(client, files):
    small = {**files, "size": 128, "steps": 10}
    _, status, *_ = client.predict(**small, seed=3_000_000_000, api_name="/style_transfer")
    assert "Done" in status
    for seed in (-1, 2**32, None):
        with pytest.raises(Exception, match="between 0 and 4,294,967,295"):
            client.predict(**small, seed=seed, api_name="/style_transfer")


class Cancelled:
    """The backend, whose run is cancelled after some steps: its stream then simply ends."""

    def __init__(self, backend, steps):
        self.backend, self.steps = backend, steps

    def transfer(self, *pictures, **options):
        return itertools.islice(self.backend.transfer(*pictures, **options), self.steps)

    def cancel(self):
        pass

    def __getattr__(self, name):
        return getattr(self.backend, name)


def page_over(backend):
    with gr.Blocks() as page, gr.Tab("Style"):
        tab.build(backend)
    return page


def events_over(backend):
    return {fn.fn.__name__: fn.fn for fn in page_over(backend).fns.values() if fn.fn is not None}


@pytest.mark.parametrize("steps", [0, 1])
def test_stopping_before_the_first_step_is_told_and_offers_no_file(backend, photo, painting, steps):
    paint = events_over(Cancelled(backend, steps))["style_transfer"]
    *_, (_, sentence, file, _) = paint(photo, painting, size=128, steps=10)
    assert sentence == "Stopped before the first step."
    assert file == gr.skip()


def test_stopping_later_keeps_the_picture(backend, photo, painting):
    paint = events_over(Cancelled(backend, 4))["style_transfer"]
    *_, (picture, sentence, file, _) = paint(photo, painting, size=128, steps=10)
    assert "Stopped after 3 of 10 steps" in sentence
    assert picture.shape[1] == 128
    assert Image.open(file).size == (128, picture.shape[0])


def test_weights_that_cannot_be_had_are_told_beside_the_bar(backend):
    *_, html = events_over(Cancelled(backend, 0))["fetch_weights"]()
    assert "could not be downloaded" in html and 'role="alert"' in html


def test_no_two_fields_have_the_same_name(backend):
    names = [
        block.label
        for block in page_over(Cancelled(backend, 0)).blocks.values()
        if isinstance(block, (gr.Image, gr.Slider, gr.Number, gr.Dropdown))
    ]
    assert len(names) >= 9 and len(set(names)) == len(names)


def test_only_the_transfer_is_public(client):
    assert list(client.view_api(return_format="dict")["named_endpoints"]) == ["/style_transfer"]


def test_example_photos_and_paintings_are_there_and_loadable():
    paths = [*tab._photos(), *tab.PAINTINGS.glob("*.jpg")]
    assert len(tab._photos()) == 2 and len(paths) >= 6
    for path in paths:
        with Image.open(path) as picture:
            assert min(picture.size) >= 400
