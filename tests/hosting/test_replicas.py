"""Two web processes behind a load balancer share one gallery in PostgreSQL with pgvector."""

import json
from pathlib import Path

import pytest
from balancer import STICKY, Balancer
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

FACES = Path(__file__).parents[2] / "assets" / "face"


@pytest.fixture(scope="module")
def replicas(empty_postgres, start_app):
    options = json.dumps({"gallery": empty_postgres()})
    apps = [
        start_app(
            "--only",
            "face",
            "--offline",
            TRIPTYCH_PLUGINS__FACE__OPTIONS=options,
            OMP_NUM_THREADS="1",
        )
        for _ in range(2)
    ]
    yield apps
    for app in apps:
        app.kill()


@pytest.fixture(scope="module")
def balancer(replicas):
    balancer = Balancer([app.port for app in replicas])
    yield balancer
    balancer.stop()


@pytest.fixture(scope="module")
def visitors(balancer, replicas):
    """Two visitors whom the balancer sends to different replicas."""
    ports = [app.port for app in replicas]
    names = [
        next(name for name in map(str, range(99)) if balancer.order(name)[0] == port)
        for port in ports
    ]
    clients = [Client(balancer.url, headers={STICKY: name}, verbose=False) for name in names]
    yield clients
    for client in clients:
        client.close()


def enrol(client, file, name):
    values = {"portrait": handle_file(str(FACES / file)), "name": name}
    (event,) = [
        each
        for each in client.view_api(return_format="dict")["named_endpoints"].items()
        if each[0] == "/face_enrol"
    ]
    if any(each["parameter_name"] == "consent" for each in event[1]["parameters"]):
        values["consent"] = True
    return client.predict(**values, api_name="/face_enrol")


def named(client, file):
    """Who the page says is in that picture."""
    _, facts = client.predict(handle_file(str(FACES / file)), api_name="/face_identify")
    return [face["name"] for face in facts]


def test_what_one_replica_enrols_and_deletes_the_other_knows_at_once(visitors, replicas):
    here, there = visitors
    enrol(here, "anna_1.jpg", "Anna")
    assert named(there, "anna_2.jpg") == ["Anna"]
    enrol(there, "bruno_1.jpg", "Bruno")
    assert named(here, "bruno_1.jpg") == ["Bruno"]
    here.predict("Anna", api_name="/face_delete")
    assert named(there, "anna_2.jpg") == [None]
    there.predict("Bruno", api_name="/face_delete")
    with pytest.raises(AppError, match="Nobody is known yet"):
        named(here, "anna_2.jpg")
    for app in replicas:  # each has answered a visitor of its own
        assert "describe" in app.log


def test_the_visitors_of_a_dead_replica_go_on_at_the_other(visitors, replicas):
    here, there = visitors
    enrol(here, "anna_1.jpg", "Anna")
    replicas[0].kill()
    assert named(there, "anna_2.jpg") == ["Anna"]
    try:
        answer = named(here, "anna_2.jpg")
    except Exception:  # the connection it had was to the dead one
        answer = named(here, "anna_2.jpg")
    assert answer == ["Anna"]
    here.predict("Anna", api_name="/face_delete")
    with pytest.raises(AppError, match="Nobody is known yet"):
        named(there, "anna_2.jpg")
