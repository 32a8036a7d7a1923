"""The ray executor keeps the contract of the others, on a real cluster of one small node."""

import ipaddress
import os
import signal

import numpy as np
import psutil
import pytest
from executor_tools import eventually, in_thread
from ray_cluster import Cluster

from host import UserError, devices
from host.backend import Backend
from host.devices import Device, DeviceError
from host.executors.base import Executor
from host.executors.call import WorkerError
from host.executors.limits import Limits
from host.executors.ray import RayLink, Room
from host.weights import WeightsStore
from host.worker import BackendSpec

LIMITS = Limits(start=90, call=60, interrupt_after=0.3, kill_after=0.5, backoff=0.2)


@pytest.fixture(scope="module")
def cluster():
    with pytest.MonkeyPatch.context() as patch:
        # Newer versions of Ray ask for a token where the user's home has one.
        patch.setenv("RAY_AUTH_MODE", "disabled")
        started = Cluster(cpus=2)
        yield started
        started.stop()


@pytest.fixture(scope="module")
def make(cluster, tmp_path_factory):
    """Make executors; all are stopped at the end."""
    made = []
    folder = tmp_path_factory.mktemp("ray")

    def make(backend="Bad", limits=LIMITS, **room):
        spec = BackendSpec(
            plugin="fixture",
            backend=f"fixture_backends:{backend}",
            device=Device(),
            cache_dir=folder / "cache",
            weights=WeightsStore(None, folder / "weights", offline=True),
        )
        asked = Room(**{"address": cluster.address, "environment": {}, **room})
        made.append(Executor("Fixture", "Ray", lambda: RayLink(spec, asked), limits))
        return made[-1]

    yield make
    for each in made:
        each.stop()


@pytest.fixture(scope="module")
def replicas(make):
    environment = {"KERAS_BACKEND": "torch", "CUDA_VISIBLE_DEVICES": "-1"}
    return [make(environment=environment), make(environment=environment)]


@pytest.fixture
def each(replicas):
    return replicas[0]


@pytest.fixture
def worker(each):
    return Backend([each])


def test_values_streams_and_arrays(worker, each):
    assert worker.add(2, b=3) == 5
    assert list(worker.count(20)) == list(range(20))
    picture = np.arange(1024 * 1024 * 3, dtype=np.float32).reshape(1024, 1024, 3)
    returned = worker.echo({"picture": picture, "turned": picture[:9, :7].T, "none": np.zeros(0)})
    assert np.array_equal(returned["picture"], picture)
    assert returned["picture"].flags.writeable
    assert np.array_equal(returned["turned"], picture[:9, :7].T)
    assert returned["none"].shape == (0,)
    assert sum(item.nbytes for item in worker.flood(300)) == 30_000_000
    status = each.status()
    assert (status.pid, status.memory, status.health["model"]) == (None, None, "tiny")
    assert ipaddress.ip_address(status.health["node"])


def test_failures_of_calls_cost_no_actor(worker, each):
    actor = worker.about()["pid"]
    with pytest.raises(UserError, match=r"^That is not a face\.$"):
        worker.raise_user_error()
    for bug in ("raise_bug", "sys_exit", "unpicklable", "no_such_method"):
        with pytest.raises(WorkerError, match="Something went wrong in Fixture") as caught:
            getattr(worker, bug)()
        assert "secret" not in str(caught.value)
        assert bug in each.status().last_error
    for bug in ("fail_midway", "unpicklable_midway"):
        stream = getattr(worker, bug)()
        assert next(stream) == 1
        with pytest.raises(WorkerError, match="Something went wrong"):
            next(stream)
    with pytest.raises(WorkerError):
        worker.echo(lambda: None)
    assert worker.about()["pid"] == actor


def test_the_environment_is_set_before_the_actor_imports_anything(worker):
    assert worker.environment("KERAS_BACKEND") == "torch"
    assert worker.environment("CUDA_VISIBLE_DEVICES") == "-1"
    assert worker.about()["device"].label.startswith("CPU")


def test_what_it_prints_is_in_the_log_and_a_flood_is_not(worker, caplog):
    caplog.set_level("INFO")

    def printed():
        return [record.message for record in caplog.records if record.name == "worker.fixture"]

    worker.print_quickly(20)
    eventually(lambda: "line 19" in printed())
    lines = [line for line in printed() if line.startswith("line")]
    assert lines == [f"line {number}" for number in range(20)]
    assert worker.print_a_lot() == "printed"
    eventually(lambda: any("logged 1" in line or "left out" in line for line in printed()))
    assert len(printed()) < 5000


def test_two_replicas_share_the_work(replicas):
    worker = Backend(replicas)
    streams = [worker.forever(), worker.forever()]
    assert [next(stream) for stream in streams] == [0, 0]  # both run at once
    for stream in streams:
        stream.close()


def test_cancelling_closes_interrupts_and_at_last_replaces_the_actor(worker, each, tmp_path):
    marker = tmp_path / "marker"
    stream = worker.forever(str(marker))
    assert next(stream) == 0
    stream.close()
    eventually(marker.exists)

    actor = worker.about()["pid"]
    cancel(worker, each, worker.hang)
    assert worker.about()["pid"] == actor
    cancel(worker, each, worker.hang_deaf)
    assert worker.about()["pid"] != actor
    eventually(lambda: not psutil.pid_exists(actor))


def cancel(worker, executor, method):
    thread, outcome = in_thread(method)
    eventually(lambda: executor.status().busy)
    worker.cancel_for(None)
    thread.join(30)
    assert isinstance(outcome[0], WorkerError)


def test_a_dead_actor_fails_its_call_with_a_sentence_and_is_replaced(worker, each):
    restarts = each.status().restarts
    with pytest.raises(WorkerError, match=r"^The Fixture worker stopped unexpectedly\."):
        list(worker.exit_midway())
    why = each.status().last_error
    assert "in exit_midway, its actor ended" in why
    assert "The actor is dead because its worker process has died" in why
    assert worker.add(1, 1) == 2
    assert each.status().restarts == restarts + 1
    os.kill(worker.about()["pid"], signal.SIGKILL)
    eventually(lambda: each.status().state == "broken")  # between calls
    assert worker.add(1, 1) == 2


def test_a_stopped_executor_leaves_neither_process_nor_actor(replicas, cluster):
    for each in replicas:
        each.stop()
    eventually(lambda: cluster.actors() == [])
    assert not [
        child for child in psutil.Process().children() if "ray_driver" in " ".join(child.cmdline())
    ]


def test_a_backend_that_cannot_be_built_says_why(make):
    each = make("NeverStarts")
    with pytest.raises(WorkerError, match=r"^Fixture could not be started\. The log says why\.$"):
        Backend([each]).add(1, 1)
    assert "the model file is missing" in each.status().last_error


def test_a_cluster_out_of_reach_is_a_sentence_and_is_tried_again_later(make):
    worker = Backend([make(address="127.0.0.1:1", limits=Limits(start=60, backoff=60))])
    sentence = r"^Fixture could not be started: its Ray cluster cannot be reached\."
    for _ in range(2):
        with pytest.raises(WorkerError, match=f"{sentence}$"):
            worker.add(1, 1)
    with pytest.raises(WorkerError, match=f"{sentence} It failed 2 times .* tried again in"):
        worker.add(1, 1)


def test_a_cluster_without_room_is_a_sentence(make):
    worker = Backend([make(gpus=None, cpus=64, patience=1)])
    sentence = r"found no room for it within 1 s \(it needs 64 CPU and 0 GPU\)\.$"
    with pytest.raises(WorkerError, match=sentence):
        worker.add(1, 1)


def test_without_ray_the_plugin_says_what_to_install(make, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(WorkerError, match=r"Ray is not installed here \(pip install ray"):
        Backend([make()]).add(1, 1)


def test_devices_are_the_clusters():
    kinds = [each.kind for each in devices.in_cluster(["cpu", "cuda", "auto"], "torch", "gan")]
    assert kinds == ["cpu", "cuda", "auto"]
    assert devices.in_cluster(["auto"], None, "plain")[0].kind == "cpu"
    with pytest.raises(DeviceError, match="which chooses: say auto, cpu or cuda"):
        devices.in_cluster(["cuda:1"], "torch", "gan")


def test_the_app_answers_and_cancels_and_no_actor_outlives_it(cluster, start_app):
    flags = ("--only", "gan", "--executor", "gan=ray", "--ray-address", cluster.address)
    app = start_app(*flags, "--offline", OMP_NUM_THREADS="1")
    client = app.client()
    assert client.predict("42", 5, 2, 1.0, api_name="/gan_generate")
    assert len(cluster.actors()) == 1
    assert app.workers() == []  # the models are there, not here
    job = client.submit(steps=10_000, batch_size=16, width=8, api_name="/gan_train")
    eventually(lambda: len(job.outputs()) > 2 or job.done(), 90)
    assert not job.done()
    job.cancel()
    assert client.predict("43", 5, 2, 1.0, api_name="/gan_generate")
    client.close()
    app.kill()
    eventually(lambda: cluster.actors() == [])


def test_a_cluster_that_dies_costs_its_calls_only(make, cluster):  # the last: it is gone then
    worker = Backend([make()])
    stream = worker.forever()
    next(stream)
    cluster.kill("raylet")
    with pytest.raises(WorkerError, match="stopped unexpectedly"):
        list(stream)
    with pytest.raises(WorkerError, match=r"cannot be reached|could not be started|unexpectedly"):
        worker.add(1, 1)
