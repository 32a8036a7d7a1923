"""How messages cross the pipe between the host and a worker.

A message is a tuple ``(kind, *fields)``:

====================  ==========================================================
host to worker        meaning
====================  ==========================================================
call                  call id, method, args, kwargs
cancel                call id
shutdown              finish and exit
====================  ==========================================================

====================  ==========================================================
worker to host        meaning
====================  ==========================================================
ready                 health: dict of str to str
broken                text, traceback, whether visitors may read the text: no backend
stream                the call is a generator; outputs follow
output                one item of a stream
done                  the call's value; None after a stream
error                 kind ("user", "missing", "failed", "cancelled"), text, traceback
====================  ==========================================================

Messages are pickled with protocol 5 and arrays travel beside the pickle, uncopied where
they are contiguous. Pickle is
safe here because both ends are our own processes, joined by a socket pair nobody else can open.
"""

from __future__ import annotations

import contextlib
import io
import pickle
import struct
import sys
from multiprocessing.connection import Connection
from typing import Any

_FRAMEWORK_MODULES = frozenset({"torch", "tensorflow", "keras", "jax", "jaxlib"})


class NotSendable(Exception):
    """The message holds something that cannot cross the pipe."""


class _Pickler(pickle.Pickler):
    def reducer_override(self, obj: Any) -> Any:
        # Unpickling a tensor would import its framework in the web process.
        root = (getattr(type(obj), "__module__", None) or "").partition(".")[0]
        if root in _FRAMEWORK_MODULES:
            raise NotSendable(
                f"a {type(obj).__module__}.{type(obj).__qualname__} cannot leave its worker; "
                "pass NumPy arrays"
            )
        numpy = sys.modules.get("numpy")  # a worker with an interpreter of its own may lack it
        if numpy is not None and type(obj) is numpy.ndarray and _is_plain(obj.dtype):
            # NumPy's own way differs between its versions, and the two ends may differ in theirs.
            turned = obj.flags.f_contiguous and not obj.flags.c_contiguous
            rows = numpy.ascontiguousarray(obj.T if turned else obj)
            buffer = pickle.PickleBuffer(rows.reshape(-1).view(numpy.uint8))
            return _array, (buffer, obj.dtype, obj.shape, turned)
        return NotImplemented


def _is_plain(dtype: Any) -> bool:
    return dtype.kind in "biufcmMSUV" and not dtype.hasobject and dtype.itemsize > 0


def _array(buffer: Any, dtype: Any, shape: tuple[int, ...], turned: bool) -> Any:
    import numpy

    if turned:
        return numpy.ndarray(shape[::-1], dtype, buffer).T
    return numpy.ndarray(shape, dtype, buffer)


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        # Another interpreter may have another NumPy: numpy.core is named numpy._core since NumPy 2.
        package, _, rest = module.partition(".")
        core, _, rest = rest.partition(".")
        if package == "numpy" and core in ("core", "_core"):
            for ours in ("numpy._core", "numpy.core"):
                with contextlib.suppress(ImportError, AttributeError):
                    return super().find_class(f"{ours}.{rest}".rstrip("."), name)
        return super().find_class(module, name)


def encode(message: tuple[Any, ...]) -> list[Any]:
    """Frames of a message: a header, the pickle, then one frame per array.

    Raises NotSendable before anything was sent, so a bad value never garbles the pipe.
    """
    buffers: list[pickle.PickleBuffer] = []
    stream = io.BytesIO()
    try:
        _Pickler(stream, protocol=5, buffer_callback=buffers.append).dump(message)
        raw = [buffer.raw() for buffer in buffers]
    except NotSendable:
        raise
    except Exception as error:
        raise NotSendable(f"it cannot be pickled: {error}") from error
    sizes = [view.nbytes for view in raw]
    header = struct.pack(f"<{len(sizes)}Q", *sizes)
    return [header, stream.getbuffer(), *raw]


def send(connection: Connection, frames: list[Any]) -> None:
    """Write frames of :func:`encode`. Raises OSError when the other end is gone."""
    for frame in frames:
        connection.send_bytes(frame)


def receive(connection: Connection) -> tuple[Any, ...]:
    """Read one message.

    Raises EOFError or OSError when the other end is gone, NotSendable when the message arrived
    whole but this process cannot rebuild it.
    """
    return decode(read(connection))


def read(connection: Connection) -> list[Any]:
    """Read the frames of one message. Raises EOFError or OSError when the other end is gone."""
    header = connection.recv_bytes()
    frames: list[Any] = [header, connection.recv_bytes()]
    for (size,) in struct.iter_unpack("<Q", header):
        buffer = bytearray(size)
        connection.recv_bytes_into(buffer)
        frames.append(buffer)
    return frames


def decode(frames: list[Any]) -> tuple[Any, ...]:
    """The message of these frames. Raises NotSendable when this process cannot rebuild it."""
    _, body, *buffers = frames
    try:
        message: tuple[Any, ...] = _Unpickler(io.BytesIO(body), buffers=buffers).load()
    except Exception as error:
        raise NotSendable(f"it cannot be rebuilt here: {error}") from error
    return message
