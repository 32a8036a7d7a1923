"""``style_transfer`` as a program calls it, through the served app."""

from pathlib import Path

import numpy as np
import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image

PAINTING = Path(__file__).parents[2] / "assets" / "style" / "waves.jpg"


@pytest.fixture(scope="module")
def app(start_app):
    return start_app("--offline", "--strict", "--only", "style")


@pytest.fixture(scope="module")
def client(app):
    client = app.client()
    yield client
    client.close()


@pytest.fixture
def photo(tmp_path):
    ramp = np.linspace(0, 255, 160 * 120, dtype=np.uint8).reshape(120, 160)
    Image.fromarray(np.stack([ramp, ramp[::-1], ramp], axis=-1)).save(tmp_path / "photo.png")
    return str(tmp_path / "photo.png")


def test_style_transfer_streams_pictures_and_ends_with_a_file(client, photo):
    job = client.submit(
        handle_file(photo),
        handle_file(str(PAINTING)),
        size=128,
        steps=20,
        api_name="/style_transfer",
    )
    picture, sentence, _, _, _, file, _, _ = job.result(timeout=180)
    assert "Done after 20 of 20 steps" in sentence
    assert Image.open(picture).size == (128, 96)
    assert Image.open(file).format == "PNG"
    previews = [output[0] for output in job.outputs()]
    assert len(previews) >= 2  # the sketch and the painting, at least
    first, last = (np.asarray(Image.open(path), float) for path in (previews[0], previews[-1]))
    assert np.abs(first - last).mean() > 5


def test_a_missing_painting(client, photo):
    with pytest.raises(AppError, match="painting"):
        client.predict(handle_file(photo), None, api_name="/style_transfer")
