"""Python runs this first in the checked processes, the worker included.

It writes each use of the network to the file that ``TRIPTYCH_CHECK_NETWORK`` names, and refuses
it, for as long as that file exists.
"""

import errno
import importlib.machinery
import importlib.util
import json
import os
import sys

_EVENTS = (
    "socket.connect",
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "socket.sendto",
    "socket.sendmsg",
)
_LOG = os.environ.get("TRIPTYCH_CHECK_NETWORK", "")


def _watch(event, args):  # type: ignore[no-untyped-def]
    if event not in _EVENTS or not os.path.exists(_LOG):  # noqa: PTH110  pathlib is not loaded yet
        return
    where = args[:2] if event in _EVENTS[1:3] else args[1:2]
    # (host, port): all else, a UNIX socket's path say, stays on this machine.
    if not where or (event not in _EVENTS[1:3] and not isinstance(where[0], tuple)):
        return
    if event == "socket.getaddrinfo" and where[0] is None:
        return
    frames = []
    frame = sys._getframe(1)  # type: ignore[assignment]
    while frame is not None:
        frames.append((frame.f_code.co_filename, frame.f_lineno))
        frame = frame.f_back  # type: ignore[assignment]
    seen = {"event": event, "address": str(where[0]), "frames": frames}
    file = os.open(_LOG, os.O_WRONLY | os.O_APPEND)
    os.write(file, (json.dumps(seen) + "\n").encode())
    os.close(file)
    raise OSError(errno.ENETUNREACH, "triptych check runs without a network")


if _LOG:
    sys.addaudithook(_watch)

# The one that this file stands in front of.
_here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120
_spec = importlib.machinery.PathFinder.find_spec(
    "sitecustomize",
    [entry for entry in sys.path if os.path.abspath(entry) != _here],  # noqa: PTH100
)
if _spec is not None and _spec.loader is not None:
    _spec.loader.exec_module(importlib.util.module_from_spec(_spec))
