"""The tab through the real app: the API event, a picture at the end, refusals."""

from __future__ import annotations

import itertools

import gradio as gr
import httpx
import numpy as np
import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from host import UserError
from host.ui import photos
from plugins.style import tab
from plugins.style.examples import PAINTINGS
from plugins.style.painting.files import painted_png, read_settings
from plugins.style.settings import Settings


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


def test_a_client_gets_the_picture_its_file_and_the_film(client, files, photo):
    picture, status, curve, layers, formulas, download, film, pair = client.predict(
        **files, size=128, steps=20, api_name="/style_transfer"
    )
    with Image.open(picture) as shown, Image.open(download) as kept, Image.open(film) as making:
        assert shown.size == (128, round(128 * photo.shape[0] / photo.shape[1]))
        assert kept.format == "PNG" and kept.text["Software"].startswith("Triptych")
        np.testing.assert_array_equal(np.asarray(shown.convert("RGB")), np.asarray(kept))
        assert making.format == "GIF" and making.n_frames >= 2 and making.size == shown.size
    made_with = read_settings(download)
    assert (made_with.size, made_with.steps, made_with.network) == (128, 20, "embedded")
    assert "Done after 20 of 20 steps" in status and "the embedded network" in status
    assert {row[1] for row in curve["data"]} == {"total", "content", "style", "smoothness"}
    assert {row[0] for row in curve["data"]} == set(range(1, 21))
    assert {row[1] for row in layers["data"]} == {f"layer {n}" for n in range(1, 6)}
    assert "Gatys" in formulas and "$$" in formulas
    assert len(pair) == 2


def test_two_paintings_and_a_drawing_come_through(client, files):
    drawing = {"background": None, "layers": [], "composite": None}
    *_, status, _, _, _, _, _, _ = client.predict(
        **files,
        second=files["content"],
        drawing=drawing,
        second_share=0.5,
        size=128,
        steps=10,
        api_name="/style_transfer",
    )
    assert "Done" in status


def test_a_client_can_stop_and_run_again(client, files):
    job = client.submit(**files, size=512, steps=600, api_name="/style_transfer")
    while len(job.outputs()) < 2:
        assert not job.done(), job.exception()
    job.cancel()
    _, status, *_ = client.predict(**files, size=128, steps=10, api_name="/style_transfer")
    assert "Done" in status


def test_mistakes_are_told_in_a_sentence(client, files):
    def refused(**options):
        with pytest.raises(AppError) as caught:
            client.predict(**(files | options), api_name="/style_transfer")
        return str(caught.value)

    assert "Please choose a painting" in refused(style=None)
    assert "Please choose a photo" in refused(content=None)
    assert "get them first" in refused(network="vgg19")
    assert 'no layer "fc8"' in refused(content_layer="fc8")
    assert "between 128 and 1,024" in refused(size=2048)
    assert "both weights are 0" in refused(content_weight=0, style_weight=0)
    for seed in (-1, 2**32, None):
        assert "between 0 and 4,294,967,295" in refused(seed=seed)


class Cancelled:
    """The backend, whose run is cancelled after some steps: its stream then simply ends."""

    def __init__(self, backend, steps=None):
        self.backend, self.steps = backend, steps

    def transfer(self, *pictures, **options):
        yield from itertools.islice(self.backend.transfer(*pictures, **options), self.steps)

    def cancel(self, *methods):
        pass

    def __getattr__(self, name):
        return getattr(self.backend, name)


def page_over(backend):
    with gr.Blocks() as page, gr.Tab("Style"):
        tab.build(backend)
    return page


def inputs_of(backend, name, **changed):
    """The values of an event's components as they are at first, but for those that ``changed``."""
    event = next(fn for fn in page_over(backend).fns.values() if fn.fn and fn.fn.__name__ == name)
    fields = {"size": "Size", "steps": "Steps", "content_weight": "Photo weight"}
    new = {fields[field]: value for field, value in changed.items()}
    return [new.get(each.label, each.value) for each in event.inputs[1:]]


def events_over(backend):
    return {fn.fn.__name__: fn.fn for fn in page_over(backend).fns.values() if fn.fn is not None}


def test_stopping_before_the_first_step_is_told_and_keeps_what_is_shown(backend, photo, painting):
    paint = events_over(Cancelled(backend, 0))["style_transfer"]
    *_, (_, picture, sentence, *_, file, film, _) = paint(photo, painting, size=128, steps=10)
    assert sentence == "Stopped before the first step."
    assert picture == file == film == gr.skip()


def test_pausing_keeps_the_picture_and_going_on_finishes_it(backend, photo, painting):
    paused = events_over(Cancelled(backend, 5))
    *_, (run, picture, sentence, *_, file, _, pair) = paused["style_transfer"](
        photo, painting, size=128, steps=30
    )
    assert "Paused after" in sentence and picture.shape[1] == 128
    assert Image.open(file).size == (128, picture.shape[0])
    np.testing.assert_array_equal(pair[1], picture)
    done = run.done
    values = inputs_of(
        Cancelled(backend), "continue_painting", size=128, steps=30, content_weight=2.0
    )
    *_, (again, later, sentence, *_) = events_over(Cancelled(backend))["continue_painting"](
        run, *values
    )
    assert again is run and "Done after 30 of 30 steps" in sentence
    assert run.settings.content_weight == 2.0
    assert (later != picture).any()
    steps = [step for step, curve, _ in run.losses if curve == "total"]
    assert steps[-1] == 30 and steps.count(done + 1) >= 1


def test_there_is_nothing_to_go_on_from_at_first(backend):
    values = inputs_of(Cancelled(backend), "continue_painting")
    with pytest.raises(UserError, match="press Paint"):
        next(events_over(Cancelled(backend))["continue_painting"](None, *values))


def test_the_settings_of_a_painted_picture_come_back_into_the_controls(backend, photo, tmp_path):
    made = Settings(
        size=256, steps=40, content_weight=2.5, start="noise", layer_weights=(0, 1, 2, 1, 0), seed=9
    )
    (tmp_path / "painted.png").write_bytes(painted_png(photo, made, {}))
    page = page_over(Cancelled(backend))
    upload = next(
        fn
        for fn in page.fns.values()
        if fn.targets and fn.targets[0][1] == "upload" and len(fn.outputs) > 10
    )
    labels = [component.label for component in upload.outputs]
    values = dict(zip(labels, upload.fn(str(tmp_path / "painted.png")), strict=True))
    assert values["Photo weight"] == 2.5 and values["Size"] == 256 and values["Seed"] == 9
    assert values["Start from"] == "noise" and values["Style layer 3: strokes"] == 2
    with pytest.raises(UserError):
        upload.fn(str(PAINTINGS[0]))


def test_weights_that_cannot_be_had_are_told_beside_the_bar(backend):
    *_, html = events_over(Cancelled(backend, 0))["fetch_weights"]("vgg19")
    assert "could not be downloaded" in html and 'role="alert"' in html


def test_no_two_fields_have_the_same_name(backend):
    names = [
        block.label
        for block in page_over(Cancelled(backend, 0)).blocks.values()
        if isinstance(block, (gr.Image, gr.Slider, gr.Number, gr.Dropdown))
    ]
    assert len(names) >= 9 and len(set(names)) == len(names)


def test_what_is_public(client):
    assert set(client.view_api(return_format="dict")["named_endpoints"]) == {
        "/style_transfer",
        "/style_feature_maps",
        "/style_excite",
        "/style_gram",
        "/style_reconstruct",
        "/style_rearranged",
    }


def test_example_photos_and_paintings_are_there_and_loadable():
    paths = [*photos(), *PAINTINGS]
    assert len(photos()) == 2 and len(paths) >= 6
    for path in paths:
        with Image.open(path) as picture:
            assert min(picture.size) >= 400


def test_settings_of_no_file_and_a_layer_of_many_letters_are_sentences(client, files):
    labels = {part["id"]: part["props"].get("label") for part in client.config["components"]}
    [take] = [
        event["id"]
        for event in client.config["dependencies"]
        for target, kind in event["targets"]
        if kind == "upload" and labels.get(target) == "Take the settings of a picture painted here"
    ]
    queue = f"{client.src}gradio_api/queue"
    body = {"data": [None], "fn_index": take, "session_hash": "nofile"}
    httpx.post(f"{queue}/join", json=body, timeout=30).raise_for_status()
    answer = httpx.get(f"{queue}/data", params={"session_hash": "nofile"}, timeout=30)
    assert "Please choose a picture painted here." in answer.text
    with pytest.raises(AppError, match="has no layer") as refused:
        client.predict(**files, content_layer="x" * 5000, api_name="/style_transfer")
    assert len(str(refused.value)) < 500
