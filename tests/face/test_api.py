"""``face_verify`` as a program calls it, through the served app."""

from pathlib import Path

import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image

FACES = Path(__file__).parents[2] / "assets" / "face"


@pytest.fixture(scope="module")
def app(start_app):
    return start_app("--offline", "--strict", "--only", "face")


@pytest.fixture(scope="module")
def client(app):
    client = app.client()
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
    verdict, _, first_marked, *_, facts = answer
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


def enrol_anna(client):
    return client.predict(handle_file(str(FACES / "anna_1.jpg")), "Anna", api_name="/face_enrol")


def test_nobody_sees_another_visitors_faces(app, client):
    enrol_anna(client)
    probe = handle_file(str(FACES / "anna_2.jpg"))
    _, facts = client.predict(probe, api_name="/face_identify")
    assert [face["name"] for face in facts] == ["Anna"]
    other = app.client()
    try:
        with pytest.raises(AppError, match="Nobody is known yet"):
            other.predict(probe, api_name="/face_identify")
        with pytest.raises(AppError, match="nobody to export"):
            other.predict(api_name="/face_export")
    finally:
        other.close()


def test_a_visitors_people_survive_the_worker(start_app, tmp_path):
    app = start_app("--offline", "--only", "face")
    client = app.client()
    enrol_anna(client)
    (worker,) = app.workers()
    worker.kill()
    worker.wait(10)
    probe = handle_file(str(FACES / "anna_2.jpg"))
    for _ in range(2):  # the first call may be the one that notices
        try:
            _, facts = client.predict(probe, api_name="/face_identify")
            break
        except AppError as error:
            assert "stopped unexpectedly" in str(error)
    assert [face["name"] for face in facts] == ["Anna"]
    client.close()
    app.stop()
