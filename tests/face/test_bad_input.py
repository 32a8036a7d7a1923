"""Pictures as visitors bring them: each is answered, or a sentence says what is wrong."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from host import UserError, images


def verify(backend, first, second):
    (result,) = backend.verify([first], [second])
    return result


def on_canvas(portrait, height, size=(900, 700)):
    """The portrait ``height`` pixels high in the middle of an even picture."""
    picture = Image.fromarray(portrait)
    picture = picture.resize((round(picture.width * height / picture.height), height))
    canvas = Image.new("RGB", size, (120, 130, 125))
    canvas.paste(picture, ((size[0] - picture.width) // 2, (size[1] - height) // 2))
    return np.asarray(canvas)


def smiley():
    canvas = Image.new("RGB", (400, 400), "white")
    draw = ImageDraw.Draw(canvas)
    draw.ellipse((50, 50, 350, 350), fill="yellow", outline="black", width=6)
    for x in (140, 240):
        draw.ellipse((x, 140, x + 30, 180), fill="black")
    draw.arc((120, 150, 280, 290), 20, 160, fill="black", width=8)
    return np.asarray(canvas)


def saved(image, format="PNG", **options):
    out = io.BytesIO()
    image.save(out, format, **options)
    return images.load(out.getvalue())


def test_a_tiny_face_is_not_found_and_that_is_told(backend, portraits):
    with pytest.raises(UserError, match="No face was found in the second picture"):
        verify(backend, portraits["anna_1"], on_canvas(portraits["anna_2"], 18))


def test_a_small_face_is_found_and_called_small(backend, portraits):
    result = verify(backend, portraits["anna_1"], on_canvas(portraits["anna_2"], 80))
    assert any("second picture is small" in note for note in result.notes)


def test_a_cartoon_is_no_face(backend, portraits):
    with pytest.raises(UserError, match="No face was found in the first picture"):
        verify(backend, smiley(), portraits["anna_1"])


def test_of_twenty_faces_one_is_used_and_the_number_told(backend, portraits):
    people = [Image.fromarray(portraits[f"{name}_1"]) for name in ("anna", "bruno", "clara")]
    group = Image.new("RGB", (5 * 180, 4 * 210))
    for place in range(20):
        row, column = divmod(place, 5)
        group.paste(people[place % 3].resize((180, 210)), (column * 180, row * 210))
    result = verify(backend, portraits["anna_1"], np.asarray(group))
    assert any("shows 20 faces" in note for note in result.notes)
    (described,) = backend.describe([np.asarray(group)])
    assert len(described.faces) == 20


@pytest.mark.parametrize("degrees", [90, 270])
def test_a_picture_on_its_side_is_turned(backend, portraits, degrees):
    lying = np.ascontiguousarray(np.rot90(portraits["anna_2"], degrees // 90))
    result = verify(backend, portraits["anna_1"], lying)
    assert result.same
    assert any("was turned by" in note for note in result.notes)
    assert result.second.shape == portraits["anna_2"].shape


def test_a_picture_on_its_side_by_exif_needs_no_search(backend, portraits):
    exif = Image.Exif()
    exif[0x0112] = 6  # stored lying on its left side
    lying = Image.fromarray(portraits["anna_2"]).transpose(Image.Transpose.ROTATE_90)
    result = verify(backend, portraits["anna_1"], saved(lying, "JPEG", exif=exif, quality=95))
    assert result.same
    assert not any("turned" in note for note in result.notes)


def test_grey_and_transparent_pictures_are_compared(backend, portraits):
    picture = Image.fromarray(portraits["anna_2"])
    assert verify(backend, portraits["anna_1"], saved(picture.convert("L"))).same
    picture.putalpha(Image.linear_gradient("L").resize(picture.size).point(lambda v: 255 - v // 8))
    assert verify(backend, portraits["anna_1"], saved(picture)).same


def test_a_blurred_face_is_called_blurred(backend, portraits):
    from PIL import ImageFilter

    picture = Image.fromarray(portraits["anna_2"]).filter(ImageFilter.GaussianBlur(9))
    result = verify(backend, portraits["anna_1"], np.asarray(picture))
    assert any("blurred" in note for note in result.notes)
