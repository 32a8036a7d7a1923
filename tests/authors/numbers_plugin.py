"""A plugin for the tests of interpreters: arrays of every kind go to its worker and come back."""

import numpy as np

from host import Context, Plugin, hookimpl


@hookimpl
def register_plugins(register):
    register(
        Plugin(
            name="numbers_plugin",
            title="Numbers",
            tab="numbers_plugin:build",
            backend="numbers_plugin:Numbers",
        )
    )


def samples() -> dict[str, np.ndarray]:
    """The same in every NumPy."""
    count = np.arange(24)
    picture = (np.arange(40 * 60 * 3) % 251).astype(np.uint8).reshape(40, 60, 3)
    table = np.zeros(3, [("x", "<f4"), ("n", "<i8", (2,)), ("name", "<U5")])
    table["x"], table["name"] = (1.5, 2.5, np.inf), ("a", "bc", "ö")
    read_only = count.copy()
    read_only.flags.writeable = False
    kinds = "bool int8 uint8 int64 uint64 float16 float32 float64 complex64".split()
    return {
        **{kind: (count % 7).astype(kind) for kind in kinds},
        "picture": picture,
        "every other pixel": picture[::2, ::-3],
        "columns first": np.asfortranarray(picture[..., 0]),
        "turned": picture.transpose(2, 0, 1),
        "no dimension": np.array(5.5),
        "one number": np.float32(0.1),
        "one truth": np.bool_(True),
        "empty": np.zeros((0, 3), np.float32),
        "fields": table,
        "big-endian": count.astype(">i4"),
        "text": np.array(["a", "häuser"]),
        "bytes": np.array([b"a", b"bcd"]),
        "dates": np.array(["2026-01-31", "NaT"], "datetime64[D]"),
        "objects": np.array([None, "x", {"y": 1}], object),
        "nothing known": np.array([np.nan, -np.inf, -0.0]),
        "read only": read_only,
        "a million": np.arange(1_000_000, dtype=np.float32),
    }


def differences(arrived: dict[str, np.ndarray]) -> list[str]:
    """Names of samples that are not what they were."""
    return [name for name, sent in samples().items() if not _same(arrived.get(name), sent)]


def _same(arrived, sent) -> bool:
    return (
        type(arrived) is type(sent)
        and arrived.dtype == sent.dtype
        and arrived.shape == sent.shape
        and arrived.tolist().__repr__() == sent.tolist().__repr__()
    )


class Numbers:
    def __init__(self, context: Context) -> None:
        pass

    def version(self) -> str:
        return np.__version__

    def check(self, arrived: dict[str, np.ndarray]) -> list[str]:
        return differences(arrived)

    def samples(self) -> dict[str, np.ndarray]:
        return samples()


def build(backend) -> None:
    import gradio as gr

    answer = gr.JSON()

    def versions() -> dict:
        """NumPy's version in the worker and in the web process."""
        return {"worker": backend.version(), "web": np.__version__}

    def arrays() -> dict:
        """Samples that changed on their way to the worker and on their way back."""
        return {
            "sent": len(samples()),
            "there": backend.check(samples()),
            "back": differences(backend.samples()),
        }

    gr.Button("Versions").click(versions, None, answer, api_name="numbers_plugin_versions")
    gr.Button("Arrays").click(arrays, None, answer, api_name="numbers_plugin_arrays")
