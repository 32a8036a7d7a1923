"""The tab through the real app: the API event, a picture at the end, refusals."""

from __future__ import annotations

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


def test_only_the_transfer_is_public(client):
    assert list(client.view_api(return_format="dict")["named_endpoints"]) == ["/style_transfer"]


def test_example_photos_and_paintings_are_there_and_loadable():
    paths = [*tab._photos(), *tab.PAINTINGS.glob("*.jpg")]
    assert len(tab._photos()) == 2 and len(paths) >= 6
    for path in paths:
        with Image.open(path) as picture:
            assert min(picture.size) >= 400
