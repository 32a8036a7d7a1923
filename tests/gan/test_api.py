"""``gan_generate`` and ``gan_train`` as a program calls them, through the served app."""

import numpy as np
import pytest
from gradio_client.exceptions import AppError
from PIL import Image


@pytest.fixture(scope="module")
def app(start_app):
    return start_app("--offline", "--strict", "--only", "gan")


@pytest.fixture(scope="module")
def client(app):
    client = app.client()
    yield client
    client.close()


def pixels(path):
    return np.asarray(Image.open(path).convert("L"), float)


def test_gan_generate(client):
    def draw(**controls):
        controls = {"digits": "2026", "seed": 5, "count": 2, "truncation": 1.0, **controls}
        return pixels(client.predict(**controls, api_name="/gan_generate"))

    picture = draw()
    assert picture.shape[1] > 1.5 * picture.shape[0]
    assert picture.std() > 20
    assert np.array_equal(picture, draw())
    assert not np.array_equal(picture, draw(seed=6))


def test_gan_generate_answers_bad_input_with_a_sentence(client):
    with pytest.raises(AppError, match="digit"):
        client.predict("cat", 0, 1, 1.0, api_name="/gan_generate")


def test_gan_train_streams_to_its_end(client):
    job = client.submit(steps=100, batch_size=16, width=8, api_name="/gan_train")
    line, grid, *_ = job.result(timeout=180)
    assert "Done" in line
    assert pixels(grid).std() > 5
    assert len(job.outputs()) > 2
