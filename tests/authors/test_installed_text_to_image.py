"""text-to-image from its wheel, with PyTorch and diffusers: apart, as it takes minutes."""

import pytest
from installed import text_to_image


@pytest.mark.timeout(900)
def test_words_become_a_picture(request, tmp_path):
    installation = text_to_image(request.config.cache.mkdir("installed"))
    app = installation.serve(
        tmp_path, *("--offline", "--only", "text_to_image"), cwd=installation.folder
    )
    request.addfinalizer(app.kill)
    client = app.client()
    job = client.submit(
        "a red fox",
        picture=None,
        steps=3,
        width=64,
        height=64,
        seed=1,
        api_name="/text_to_image_generate",
    )
    _, pictures, _ = job.result(timeout=120)
    assert len(pictures) == 1
    assert len(job.outputs()) > 1
    client.close()
    assert app.stop() == 0
