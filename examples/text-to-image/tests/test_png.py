"""A picture's file knows how it was made."""

import io

import numpy as np
import pytest
from PIL import Image
from test_pictures import SMALL, made, picture_of
from triptych_text_to_image.png import made_png, read_settings

from host import UserError


def test_a_picture_can_be_made_again_from_its_file(backend):
    (first,) = made(backend, prompt="a boat, ünïcode 船", scheduler="Euler", seed=None)
    told = read_settings(made_png(first.picture, first.settings))
    again = picture_of(
        backend,
        prompt=told["prompt"],
        scheduler=told["scheduler"],
        seed=int(told["seed"]),
        steps=int(told["steps"]),
        guidance=float(told["guidance"]),
    )
    assert np.array_equal(again, first.picture) and told["width"] == str(SMALL["width"])


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "nothing"])
def test_another_file_is_answered(kind):
    data = io.BytesIO()
    if kind != "nothing":
        Image.new("RGB", (8, 8)).save(data, kind)
    with pytest.raises(UserError, match="does not tell how it was made"):
        read_settings(data.getvalue())
