"""A ZeroGPU Space: what is made with PyTorch borrows a GPU for each call, the rest has the CPU.

The package that lends it runs on such a Space only; a stand-in that forks as it does takes its
place here, and no GPU is behind it.
"""

import json
import os
import time
from pathlib import Path

import pytest
from gradio_client.exceptions import AppError

HERE = Path(__file__).parent / "zerogpu"


class Space:
    def __init__(self, app, record):
        self.app, self.record = app, record

    @property
    def events(self):
        return [json.loads(line) for line in self.record.read_text().splitlines()]

    def calls(self):
        return [event for event in self.events if "call" in event]


@pytest.fixture(scope="module")
def start_space(start_app, tmp_path_factory):
    def start(*flags):
        record = tmp_path_factory.mktemp("space") / "record"
        app = start_app(
            "--offline",
            *flags,
            PYTHONPATH=os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")]),
            SPACES_ZERO_GPU="true",
            SPACES_RECORD=str(record),
        )
        return Space(app, record)

    return start


@pytest.fixture(scope="module")
def space(start_space):
    return start_space(
        "--plugin", str(HERE / "borrower.py"), "--only", "gpu,tf", "--time-limit", "gpu=1000"
    )


@pytest.fixture
def client(space):
    client = space.app.client()
    yield client
    client.close()


def test_what_pytorch_does_borrows_a_gpu(space, client):
    where = client.predict(api_name="/gpu_where")
    assert where.startswith("cuda:0 cuda:0 in ")
    pids = {space.app.process.pid, *(worker.pid for worker in space.app.workers())}
    assert int(where.split()[-1]) not in pids
    *_, call = space.calls()
    assert (call["call"], call["pid"]) == ("where", space.app.process.pid)
    assert call["visitor"] == client.session_hash  # whose share of the day it is


def test_the_rest_stays_on_the_cpu_in_its_own_process(space, client):
    where = client.predict(api_name="/tf_where")
    assert where.startswith("cpu cpu in ")
    assert int(where.split()[-1]) in {worker.pid for worker in space.app.workers()}


def test_one_function_is_decorated_before_the_page_is_launched(space):
    (decorated,) = [event for event in space.events if "decorated" in event]
    assert decorated["duration"] == 120 and not decorated["launched"]
    assert space.events[0] == decorated


def test_a_stream_arrives_whole_and_can_be_stopped(space, client):
    job = client.submit(4, api_name="/gpu_count")
    job.result(timeout=60)
    assert job.outputs() == ["0", "1", "2", "3"]
    job = client.submit(10_000, api_name="/gpu_count")
    while len(job.outputs()) < 3:
        time.sleep(0.05)
    before = len([event for event in space.events if event.get("ended") == "count"])
    job.cancel()
    until = time.monotonic() + 30
    while len([event for event in space.events if event.get("ended") == "count"]) == before:
        assert time.monotonic() < until, "the GPU is still lent"
        time.sleep(0.1)
    assert client.predict(api_name="/gpu_where").startswith("cuda:0")


def test_a_refusal_is_its_sentence_and_a_failure_none_of_ours(client):
    with pytest.raises(AppError, match="Please give a smaller number."):
        client.predict(api_name="/gpu_refuse")
    with pytest.raises(AppError) as failed:
        client.predict(api_name="/gpu_fail")
    assert "Something went wrong" in str(failed.value) and "secret" not in str(failed.value)


def test_no_gpu_left_is_said_in_the_lenders_words(space, client):
    none_left = space.record.with_name("none_left")
    none_left.touch()
    try:
        with pytest.raises(AppError, match="Your share of GPU time is used up."):
            client.predict(api_name="/gpu_where")
    finally:
        none_left.unlink()


def test_the_gan_plugin_draws_there(start_space):
    space = start_space("--only", "gan")
    client = space.app.client()
    try:
        assert Path(client.predict("7", 1, 1, 1.0, api_name="/gan_generate")).is_file()
    finally:
        client.close()
    assert {call["call"] for call in space.calls()} >= {"generate"}
    assert space.app.workers() == []
