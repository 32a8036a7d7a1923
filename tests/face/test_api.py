"""``face_verify`` as a program calls it, through the served app."""

from pathlib import Path

import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image

FACES = Path(__file__).parents[2] / "assets" / "face"


@pytest.fixture(scope="module")
def client(demo):
    client = demo.client()
    yield client
    client.close()


@pytest.mark.parametrize(
    ("second", "same"), [("anna_2.jpg", True), ("bruno_1.jpg", False)], ids=["same", "different"]
)
def test_face_verify(client, second, same):
    answer = client.predict(
        handle_file(str(FACES / "anna_1.jpg")),
        handle_file(str(FACES / second)),
        api_name="/face_verify",
    )
    verdict, first_marked, *_, facts = answer
    assert facts["same"] is same
    assert (facts["distance"] <= facts["threshold"]) is same
    assert facts["model"] == "offline"
    assert "Same person" in verdict if same else "Different people" in verdict
    assert Image.open(first_marked).size == Image.open(FACES / "anna_1.jpg").size


def test_a_picture_without_a_face(client, tmp_path):
    Image.new("RGB", (200, 200), "white").save(tmp_path / "blank.png")
    with pytest.raises(AppError, match="first picture"):
        client.predict(
            handle_file(str(tmp_path / "blank.png")),
            handle_file(str(FACES / "anna_1.jpg")),
            api_name="/face_verify",
        )
