"""A peer in a process of its own: TensorFlow and a CUDA build of PyTorch crash in one.

It waits while others run, and takes its own times, so that nothing of the way to it counts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any


class PeerProcess:
    """A Python program that :func:`serve`\\ s, given a folder where arrays lie."""

    def __init__(self, program: str, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, program, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # waiting threads that spin cost PyTorch several times its time on a busy machine
            env={"OMP_WAIT_POLICY": "PASSIVE", **os.environ},
        )

    def ask(self, request: str, *numbers: int) -> Any:
        """The answer to a request. Raises RuntimeError when the process has died."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(" ".join([request, *map(str, numbers)]) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError("The peer's process has died.")
        return json.loads(answer)

    def close(self) -> None:
        self._process.communicate()


def serve(requests: Mapping[str, Callable[..., Any]]) -> None:
    """Do what standard input asks, a line each with a name and whole numbers; answer in JSON."""
    for line in sys.stdin:
        request, *numbers = line.split()
        print(json.dumps(requests[request](*map(int, numbers))), flush=True)
