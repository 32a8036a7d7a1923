"""Choosing devices, and what a worker sees of the choice."""

import pytest

from host.devices import Device, DeviceError, discover, environment, mask, resolve

GPUS = [Device("cuda", 0, "NVIDIA H100", "GPU-aaa"), Device("cuda", 1, "NVIDIA L4", "GPU-bbb")]


def test_cpu_is_always_there():
    assert [str(device) for device in resolve(["cpu"], [], "torch", "x")] == ["cpu"]
    assert "cores" in resolve(["cpu"], [], "torch", "x")[0].label


def test_a_device_that_is_not_there_names_those_that_are():
    with pytest.raises(DeviceError, match=r"x asks for the device 'cuda:2'.*cpu, cuda:0 \(NVIDIA"):
        resolve(["cuda:2"], GPUS, "torch", "x")
    with pytest.raises(DeviceError, match=r"'cuda'.*This machine has: cpu\."):
        resolve(["cuda"], [], "torch", "x")
    with pytest.raises(DeviceError, match="'tpu'"):
        resolve(["tpu"], GPUS, "torch", "x")


def test_several_devices_in_order():
    named = resolve(["cuda:1", "cuda:0", "cpu"], GPUS, "torch", "x")
    assert [str(device) for device in named] == ["cuda:1", "cuda:0", "cpu"]
    assert len(resolve(["cpu", "cpu"], [], None, "x")) == 2


def test_auto():
    assert str(resolve(["auto"], [], "torch", "gan")[0]) == "cpu"
    assert resolve(["auto"], GPUS, "torch", "gan")[0].kind == "cuda"
    assert str(resolve(["auto"], GPUS, None, "hello")[0]) == "cpu"
    chosen = {str(resolve(["auto"], GPUS, "torch", f"plugin{i}")[0]) for i in range(20)}
    assert chosen == {"cuda:0", "cuda:1"}


def test_a_worker_sees_its_own_gpu_only():
    assert environment(GPUS[1], "torch", None)["CUDA_VISIBLE_DEVICES"] == "GPU-bbb"
    assert environment(Device("cuda", 3), "torch", None)["CUDA_VISIBLE_DEVICES"] == "3"
    assert environment(Device(), "tensorflow", None)["CUDA_VISIBLE_DEVICES"] == "-1"
    assert GPUS[1].torch == "cuda:0"
    assert GPUS[1].tensorflow == "/GPU:0"


def test_frameworks_and_threads_reach_the_environment():
    env = environment(Device(), "tensorflow", 2)
    assert env["KERAS_BACKEND"] == "tensorflow"
    assert env["OMP_NUM_THREADS"] == env["TF_NUM_INTRAOP_THREADS"] == "2"
    assert "OMP_NUM_THREADS" not in environment(Device(), "torch", None)
    assert "KERAS_BACKEND" not in environment(Device(), None, None)


@pytest.mark.parametrize(
    ("visible", "left"),
    [
        (None, ["a", "b", "c"]),
        ("", []),
        ("-1", []),
        ("2,0", ["c", "a"]),
        ("GPU-b", ["b"]),
        ("1,9,0", ["b"]),
        ("GPU-x,0", []),
    ],
)
def test_the_operators_own_mask_is_respected(visible, left):
    gpus = [("a", "GPU-a1"), ("b", "GPU-b2"), ("c", "GPU-c3")]
    assert [handle for handle, _ in mask(gpus, visible)] == left


def test_reading_the_machine_never_fails():
    assert all(gpu.kind == "cuda" and gpu.uuid for gpu in discover())
