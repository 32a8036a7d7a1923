"""Both executors keep one contract; each failure has its fixture backend."""

import os
import re
import signal
import subprocess
import sys
import textwrap
import time
import venv

import numpy as np
import psutil
import pytest
from executor_tools import eventually, in_thread, link_opener
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from host import UserError, caller
from host.backend import Backend
from host.devices import Device
from host.executors.base import Executor
from host.executors.call import WorkerError
from host.executors.limits import Limits
from host.weights import WeightsStore
from host.worker import BackendSpec

both = pytest.mark.parametrize("kind", ["process", "inline"])


# -- the contract


@both
def test_values_streams_and_arrays_come_back(kind, backend):
    worker = backend(kind)
    assert worker.add(2, b=3) == 5
    assert list(worker.count(20)) == list(range(20))
    picture = np.arange(1024 * 700 * 3, dtype=np.uint8).reshape(700, 1024, 3)
    returned = worker.echo({"picture": picture, "empty": np.zeros((0, 3))})
    assert np.array_equal(returned["picture"], picture)
    assert returned["picture"].flags.writeable
    assert returned["empty"].shape == (0, 3)


@both
def test_arrays_arrive_in_their_shape_and_order(kind, backend):
    grid = np.arange(24, dtype=np.int32).reshape(2, 3, 4)
    arrays = [grid[..., ::-2], grid.transpose(2, 0, 1), np.asfortranarray(grid), np.array(5.0)]
    returned = backend(kind).echo(arrays)
    for arrived, sent in zip(returned, arrays, strict=True):
        assert arrived.dtype == sent.dtype
        assert np.array_equal(arrived, sent)
        assert arrived.flags.writeable


@both
def test_a_user_error_arrives_as_it_was_raised(kind, backend):
    with pytest.raises(UserError, match=r"^That is not a face\.$"):
        backend(kind).raise_user_error()


@both
@pytest.mark.parametrize("bug", ["raise_bug", "sys_exit", "unpicklable", "no_such_method"])
def test_a_bug_fails_its_call_and_hides_its_details(kind, bug, executor):
    each = executor(kind)
    worker = Backend([each])
    with pytest.raises(WorkerError, match="Something went wrong in Fixture") as caught:
        getattr(worker, bug)()
    assert "secret" not in str(caught.value)
    assert bug in each.status().last_error
    assert worker.add(1, 1) == 2
    assert each.status().restarts == 0


@both
@pytest.mark.parametrize("bug", ["fail_midway", "unpicklable_midway"])
def test_a_stream_that_fails_keeps_what_came_before(kind, bug, backend):
    worker = backend(kind)
    stream = getattr(worker, bug)()
    assert next(stream) == 1
    with pytest.raises(WorkerError, match="Something went wrong"):
        next(stream)
    assert worker.add(1, 1) == 2


@both
def test_private_methods_and_attributes_are_out_of_reach(kind, executor):
    call_private = Backend([executor(kind)])._invoke
    with pytest.raises(WorkerError):
        call_private("__init__", None)
    with pytest.raises(WorkerError):
        call_private("context")


def test_tensors_do_not_leave_their_worker(executor):
    each = executor("process")
    with pytest.raises(WorkerError):
        Backend([each]).framework_tensor()
    assert "torch.Tensor cannot leave its worker" in each.status().last_error


@both
def test_one_call_at_a_time(kind, backend):
    worker = backend(kind)
    runs = [in_thread(worker.alone) for _ in range(12)]
    for thread, _ in runs:
        thread.join()
    assert [outcome for _, outcome in runs] == [[True]] * 12


@both
def test_a_worker_that_prints_a_lot_is_not_blocked(kind, backend):
    assert backend(kind).print_a_lot() == "printed"


def test_arguments_that_cannot_be_sent_fail_the_call_only(backend):
    worker = backend("process")
    with pytest.raises(WorkerError):
        worker.echo(lambda: None)
    assert worker.echo(1) == 1


@both
def test_health_is_in_the_status(kind, executor):
    each = executor(kind)
    each.warm_up()
    eventually(lambda: each.status().state == "ready")
    assert each.status().health == {"model": "tiny"}
    assert each.status().calls == 0


# -- cancelling


@both
def test_closing_a_stream_closes_the_generator_in_the_worker(kind, backend, tmp_path):
    marker = tmp_path / "marker"
    worker = backend(kind)
    stream = worker.forever(str(marker))
    assert next(stream) == 0
    stream.close()
    eventually(marker.exists)
    assert worker.add(1, 1) == 2


@both
def test_dropping_a_stream_unread_closes_it_too(kind, backend, tmp_path):
    marker = tmp_path / "marker"
    worker = backend(kind)
    worker.forever(str(marker))
    assert worker.add(1, 1) == 2
    assert marker.exists()


@both
def test_cancel_ends_the_streams_of_this_visitor_only(kind, executor):
    mine, other = caller.Caller(visitor="me"), caller.Caller(visitor="other")
    worker = Backend([executor(kind), executor(kind)])
    with caller.acting_for(mine):
        my_stream = worker.forever()
    with caller.acting_for(other):
        other_stream = worker.forever()
    next(my_stream), next(other_stream)
    with caller.acting_for(mine):
        worker.cancel()
    ended = list(my_stream)
    assert len(ended) < 1000
    assert [next(other_stream) for _ in range(50)]
    other_stream.close()


@both
def test_a_polite_hang_is_interrupted_and_the_worker_survives(kind, executor):
    each = executor(kind)
    worker = Backend([each])
    worker.add(1, 1)
    thread, outcome = in_thread(worker.hang)
    eventually(lambda: each.status().busy)
    worker.cancel_for(None)
    thread.join(10)
    assert isinstance(outcome[0], WorkerError)
    assert worker.add(1, 1) == 2
    assert each.status().restarts == 0


@both
def test_a_deaf_hang_costs_the_worker_but_not_the_next_call(kind, executor):
    each = executor(kind)
    worker = Backend([each])
    worker.add(1, 1)
    thread, outcome = in_thread(worker.hang_deaf)
    eventually(lambda: each.status().busy)
    worker.cancel_for(None)
    thread.join(10)
    assert isinstance(outcome[0], WorkerError)
    assert worker.add(1, 1) == 2
    assert each.status().restarts == 1


@both
def test_a_waiting_call_can_be_cancelled(kind, executor):
    each = executor(kind)
    worker = Backend([each])
    running = worker.forever()
    next(running)
    thread, outcome = in_thread(_call_for, worker, "waiting")
    eventually(lambda: each.status().waiting == 1)
    worker.cancel_for("waiting")
    thread.join(10)  # at once, while the other still runs
    assert next(running) > 0
    assert isinstance(outcome[0], WorkerError)
    assert "before it began" in str(outcome[0])
    each.warm_up()
    assert each.status().waiting == 0  # neither what was taken back nor what only starts a worker


def _call_for(worker, visitor):
    with caller.acting_for(caller.Caller(visitor=visitor)):
        return worker.add(1, 1)


@both
def test_a_call_past_its_time_limit_is_stopped(kind, backend):
    limits = Limits(call=0.3, interrupt_after=0.1, kill_after=0.3)
    worker = backend(kind, limits=limits)
    with pytest.raises(WorkerError, match=r"longer than its limit of 0\.3 s"):
        worker.hang()
    stream = worker.forever()
    with pytest.raises(WorkerError, match="longer than its limit"):
        list(stream)
    assert worker.add(1, 1) == 2


@both
def test_a_slow_reader_slows_the_stream_and_the_time_limit_still_holds(kind, executor):
    each = executor(kind, limits=Limits(call=0.5, interrupt_after=0.1, kill_after=0.3))
    worker = Backend([each])
    stream = worker.flood(10_000)
    next(stream)
    eventually(lambda: not each.status().busy)
    with pytest.raises(WorkerError, match="longer than its limit"):
        list(stream)


# -- crashes


@pytest.mark.parametrize("crash", ["exit_in_call", "killed_in_call", "exit_midway"])
def test_a_crash_fails_its_call_with_a_sentence_and_the_next_call_works(crash, executor):
    each = executor("process")
    worker = Backend([each])
    with pytest.raises(WorkerError, match="The Fixture worker stopped unexpectedly"):
        answer = getattr(worker, crash)()
        list(answer)
    assert worker.add(1, 1) == 2
    assert each.status().restarts == 1


def test_the_operator_sees_why_it_crashed(executor):
    each = executor("process")
    worker = Backend([each])
    with pytest.raises(WorkerError):
        worker.exit_in_call()
    assert "exit code 3" in each.status().last_error
    assert "my last words" in each.status().last_error
    with pytest.raises(WorkerError):
        worker.killed_in_call()
    assert "SIGKILL" in each.status().last_error


def test_a_worker_killed_from_outside_in_mid_call(executor):
    each = executor("process")
    worker = Backend([each])
    stream = worker.forever()
    next(stream)
    os.kill(each.status().pid, signal.SIGKILL)
    with pytest.raises(WorkerError, match="stopped unexpectedly"):
        list(stream)
    assert worker.add(1, 1) == 2


def test_a_worker_that_dies_between_calls_is_noticed_and_replaced(executor):
    each = executor("process")
    worker = Backend([each])
    worker.add(1, 1)
    os.kill(each.status().pid, signal.SIGKILL)
    eventually(lambda: each.status().state == "broken")
    assert worker.add(1, 1) == 2


def test_repeated_crashes_back_off_and_then_recover(executor):
    each = executor("process", limits=Limits(backoff=1.0))
    worker = Backend([each])
    for _ in range(2):
        with pytest.raises(WorkerError, match="unexpectedly"):
            worker.exit_in_call()
    with pytest.raises(WorkerError, match="failed 2 times in a row .*tried again in"):
        worker.add(1, 1)
    time.sleep(1.1)
    assert worker.add(1, 1) == 2
    with pytest.raises(WorkerError, match="unexpectedly"):
        worker.exit_in_call()
    assert worker.add(1, 1) == 2  # a success forgave the earlier crashes


@both
def test_a_backend_that_cannot_be_built_says_why(kind, executor):
    each = executor(kind, "NeverStarts")
    with pytest.raises(WorkerError, match=r"^Fixture could not be started\. The log says why\.$"):
        Backend([each]).add(1, 1)
    assert each.status().state == "broken"
    assert "the model file is missing" in each.status().last_error


def test_a_backend_that_exits_or_hangs_at_start(executor):
    each = executor("process", "ExitsAtStart")
    with pytest.raises(WorkerError):
        Backend([each]).add(1, 1)
    assert "while starting, ended with exit code 7" in each.status().last_error
    slow = executor("process", "HangsAtStart", Limits(start=0.5))
    with pytest.raises(WorkerError):
        Backend([slow]).add(1, 1)
    assert "not ready within" in slow.status().last_error


def test_an_interpreter_that_is_not_there_is_an_error_of_this_plugin(executor):
    each = executor("process", interpreter="/no/such/python")
    with pytest.raises(WorkerError):
        Backend([each]).add(1, 1)
    assert "/no/such/python" in each.status().last_error


# -- floods of output


def test_a_worker_that_prints_normally_is_logged_in_full(backend, caplog):
    caplog.set_level("INFO")
    worker = backend("process")
    worker.print_quickly(150)
    eventually(lambda: "line 149" in [r.message for r in _printed(caplog)])
    assert [r.message for r in _printed(caplog)] == [f"line {number}" for number in range(150)]


@pytest.mark.parametrize("text", [b"again and again\n", b"\n", b"without an end"])
def test_a_worker_that_prints_for_ever_fills_neither_log_nor_memory(text, backend, caplog):
    caplog.set_level("INFO")
    worker = backend("process")
    worker.add(1, 1)
    before, began = psutil.Process().memory_info().rss, time.monotonic()
    spent = time.process_time()
    worker.print_for_ever(text)
    while time.monotonic() < began + 3:
        assert worker.add(20, 22) == 42
        time.sleep(0.05)
    spent, seconds = time.process_time() - spent, time.monotonic() - began
    records = _printed(caplog)
    assert len(records) < 100 * (seconds + 4)
    assert sum(len(record.message) for record in records) < 64_000 * (seconds + 4)
    told = [record.message for record in records if "left out" in record.message]
    assert 2 <= len(told) <= seconds + 1
    assert re.fullmatch(r"\.\.\. [\d,]+ lines more \([\d.]+ MB\) were left out", told[0])
    assert psutil.Process().memory_info().rss - before < 50 << 20
    assert spent < seconds / 2  # of one core, the calls included


def test_the_last_words_of_a_flood_are_kept(executor):
    each = executor("process", limits=Limits(call=60))
    with pytest.raises(WorkerError):
        Backend([each]).flood_and_exit()
    assert "my last words" in each.status().last_error
    assert "line 199999" in each.status().last_error
    assert len(each.status().last_error) < 10_000


def _printed(caplog):
    return [record for record in caplog.records if record.name == "worker.fixture"]


# -- memory


GROWING = Limits(backoff=0.2, memory=300_000_000)
TOO_MUCH = r"^Fixture used more than its 300 MB of memory and was stopped\.$"


@pytest.mark.parametrize("call", [("take", 400, 60), ("take_in_child", 400)])
def test_a_worker_above_its_memory_limit_is_ended_in_mid_call(call, executor):
    each = executor("process", limits=GROWING)
    worker = Backend([each])
    method, *arguments = call
    with pytest.raises(WorkerError, match=TOO_MUCH):
        getattr(worker, method)(*arguments)
    assert re.match(TOO_MUCH, each.status().last_error)
    assert worker.add(1, 1) == 2
    assert each.status().restarts == 1


def test_a_worker_above_its_memory_limit_is_ended_between_calls(executor):
    each = executor("process", limits=GROWING)
    worker = Backend([each])
    worker.take_later(400)
    eventually(lambda: each.status().state == "broken")
    assert re.match(TOO_MUCH, each.status().last_error)
    assert worker.add(1, 1) == 2


def test_a_backend_above_its_memory_limit_at_the_start(executor):
    each = executor("process", "TakesMemoryAtStart", GROWING)
    with pytest.raises(WorkerError, match=TOO_MUCH):
        Backend([each]).add(1, 1)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what processes share")
def test_a_worker_below_its_memory_limit_is_left_alone(executor):
    each = executor("process", limits=GROWING)
    worker = Backend([each])
    assert worker.share_with_children(150, children=3) == [0, 0, 0]
    assert each.status().restarts == 0
    assert each.status().memory > 150 << 20


# -- life and death of the process


def test_the_environment_is_set_before_the_worker_starts(backend):
    worker = backend("process", environment={"CUDA_VISIBLE_DEVICES": "-1", "OMP_NUM_THREADS": "1"})
    assert worker.environment("CUDA_VISIBLE_DEVICES") == "-1"
    assert worker.environment("OMP_NUM_THREADS") == "1"
    assert worker.about()["pid"] != os.getpid()


def test_another_interpreter_with_none_of_our_packages(backend, tmp_path):
    """A bare virtual environment: only NumPy, which this fixture itself needs, is shared."""
    venv.create(tmp_path / "venv", with_pip=False)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site = tmp_path / "venv" / "lib" / version / "site-packages"
    (site / "numpy").symlink_to(os.path.dirname(np.__file__))  # noqa: PTH120
    if os.path.exists(libs := os.path.dirname(np.__file__) + ".libs"):  # noqa: PTH110, PTH120
        (site / "numpy.libs").symlink_to(libs)
    python = str(tmp_path / "venv" / "bin" / "python")
    worker = backend("process", "Good", interpreter=python)
    assert worker.about()["executable"] == python
    assert worker.add(1, 1) == 2


def test_a_backends_own_children_end_with_its_worker(executor):
    each = executor("process")
    child = Backend([each]).leave_child()
    assert psutil.pid_exists(child)
    each.stop()
    eventually(lambda: not _running(child))


@pytest.mark.parametrize("call", ["forever", "hold_gil"])
def test_workers_end_when_the_host_is_killed(call, tmp_path):
    """SIGKILL gives the host no chance to clean up, even while native code holds the GIL."""
    script = textwrap.dedent(
        f"""
        import sys, threading, time
        from pathlib import Path
        sys.path[:0] = {sys.path!r}
        from executor_tools import FAST, link_opener
        from host.backend import Backend
        from host.devices import Device
        from host.executors.base import Executor
        from host.weights import WeightsStore
        from host.worker import BackendSpec
        tmp = Path({str(tmp_path)!r})
        spec = BackendSpec("x", "fixture_backends:Bad", Device(), tmp, WeightsStore(None, tmp))
        each = Executor("x", "CPU", link_opener("process", spec), FAST)
        worker = Backend([each])
        worker.add(1, 1)
        print(each.status().pid, flush=True)
        if {call!r} == "forever":
            list(worker.forever())
        worker.hold_gil(600)
        """
    )
    host = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    pid = int(host.stdout.readline())
    time.sleep(0.3)
    assert _running(pid)
    host.kill()
    host.wait()
    host.stdout.close()
    eventually(lambda: not _running(pid))


def _running(pid):
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_an_idle_worker_is_unloaded_and_comes_back(executor):
    each = executor("process", limits=Limits(idle=0.5))
    worker = Backend([each])
    first = worker.about()["pid"]
    eventually(lambda: each.status().state == "new" and not _running(first))
    assert worker.about()["pid"] != first


@both
def test_restart_ends_even_a_running_call(kind, executor):
    each = executor(kind)
    worker = Backend([each])
    stream = worker.forever()
    next(stream)
    each.restart()
    with pytest.raises(WorkerError, match="restarted"):
        list(stream)
    eventually(lambda: each.status().state == "ready")
    assert worker.add(1, 1) == 2


@both
def test_stop_fails_what_waits_and_what_comes_later(kind, executor):
    each = executor(kind)
    worker = Backend([each])
    stream = worker.forever()
    next(stream)
    thread, outcome = in_thread(worker.add, 1, 1)
    eventually(lambda: each.status().waiting == 1)
    each.stop()
    thread.join(10)
    assert isinstance(outcome[0], WorkerError)
    with pytest.raises(WorkerError, match="shutting down"):
        worker.add(1, 1)


def test_a_broken_worker_does_not_swallow_the_calls_of_its_neighbour(executor):
    good, bad = executor("process", "Good"), executor("process", "NeverStarts")
    worker = Backend([bad, good])
    for each in (bad, bad, good):  # the second start in a row has to wait
        each.warm_up()
    eventually(lambda: good.status().state == "ready" and bad.status().state == "broken")
    eventually(lambda: not bad.status().waiting)
    assert [worker.add(1, n) for n in range(3)] == [1, 2, 3]


def test_an_argument_the_worker_cannot_rebuild_fails_the_call_only(executor, tmp_path, monkeypatch):
    """Its interpreter may lack a package that the web process has."""
    each = executor("process")
    worker = Backend([each])
    assert worker.add(1, 1) == 2
    (tmp_path / "here_only.py").write_text("class Thing:\n    pass\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    import here_only

    with pytest.raises(WorkerError, match="Something went wrong"):
        worker.echo(here_only.Thing())
    assert "here_only" in each.status().last_error
    assert worker.add(1, 1) == 2


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.10 always looks there first")
def test_modules_of_the_current_folder_do_not_shadow_the_workers(executor, tmp_path, monkeypatch):
    (tmp_path / "queue.py").write_text("raise RuntimeError('shadowed')")
    monkeypatch.chdir(tmp_path)
    assert Backend([executor("process")]).add(1, 1) == 2


def test_calls_go_to_the_least_busy_worker(executor):
    executors = [executor("process"), executor("process")]
    worker = Backend(executors)
    streams = [worker.forever(), worker.forever()]
    for stream in streams:
        next(stream)
    assert [each.status().busy for each in executors] == [True, True]
    streams[1].close()
    eventually(lambda: not executors[1].status().busy)
    assert worker.add(1, 1) == 2
    assert [each.status().calls for each in executors] == [1, 2]
    streams[0].close()


# -- any sequence of all that


class AnySequence(RuleBasedStateMachine):
    """Whatever happens to a worker, the next good call is answered rightly."""

    kind = "process"

    @initialize()
    def start(self):
        import tempfile
        from pathlib import Path

        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name)
        spec = BackendSpec(
            "fixture", "fixture_backends:Bad", Device(), path, WeightsStore(None, path)
        )
        limits = Limits(call=20, interrupt_after=0.05, kill_after=0.1, backoff=0.0)
        self.executor = Executor("Fixture", "CPU", link_opener(self.kind, spec), limits)
        self.worker = Backend([self.executor])
        self.calls = 0

    @rule(a=st.integers(), b=st.integers())
    def add(self, a, b):
        self.calls += 1
        assert self.worker.add(a, b) == a + b

    @rule(n=st.integers(0, 30), read=st.integers(0, 30))
    def stream(self, n, read):
        self.calls += 1
        stream = self.worker.count(n)
        items = [item for item, _ in zip(stream, range(read), strict=False)]
        assert items == list(range(min(n, read)))
        stream.close()

    @rule(read=st.integers(0, 12))
    def stream_forever(self, read):
        self.calls += 1
        stream = self.worker.forever()
        assert [next(stream) for _ in range(read)] == list(range(read))

    @rule(method=st.sampled_from(["raise_bug", "unpicklable", "fail_midway", "sys_exit"]))
    def bug(self, method):
        self.calls += 1
        with pytest.raises(WorkerError):
            list(getattr(self.worker, method)())

    @rule(method=st.sampled_from(["hang", "hang_deaf"]))
    def hang_and_cancel(self, method):
        thread, outcome = in_thread(getattr(self.worker, method))
        while thread.is_alive():  # the call may not have been made yet
            self.worker.cancel_for(None)
            thread.join(0.05)
        assert isinstance(outcome[0], WorkerError)
        # A call cancelled before its turn is not counted.
        assert self.executor.status().calls in (self.calls, self.calls + 1)
        self.calls = self.executor.status().calls

    @rule()
    def restart(self):
        self.executor.restart()

    @invariant()
    def status_is_sane(self):
        status = self.executor.status()
        assert status.state in {"new", "starting", "ready", "broken"}
        assert status.calls == self.calls

    def teardown(self):
        if hasattr(self, "executor"):
            assert self.worker.add(20, 22) == 42
            self.executor.stop()
            assert self.executor.status().state == "stopped"
            self.folder.cleanup()


class AnySequenceWithCrashes(AnySequence):
    @rule(method=st.sampled_from(["exit_in_call", "killed_in_call", "exit_midway"]))
    def crash(self, method):
        self.calls += 1
        with pytest.raises(WorkerError):
            list(getattr(self.worker, method)())

    @rule()
    def kill_from_outside(self):
        pid = self.executor.status().pid
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
            psutil.Process(pid).wait(5) if psutil.pid_exists(pid) else None


class AnySequenceInline(AnySequence):
    kind = "inline"


_few = settings(
    max_examples=12,
    stateful_step_count=10,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestProcess = AnySequenceWithCrashes.TestCase
TestProcess.settings = _few
TestInline = AnySequenceInline.TestCase
TestInline.settings = _few
