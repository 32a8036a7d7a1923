"""What a served app and its workers take of the machine, watched from outside."""

from __future__ import annotations

import contextlib
import re
import statistics
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

MB = 1e6


@dataclass
class Sample:
    """One look. at: seconds since the watch began.

    memory: MB (PSS) by process. private: MB that are the process's alone (USS). Both jump by a
    library's size when another program that maps it comes or goes. written: MB of PSS that no
    file backs, such as the heap. cpu: seconds so far.
    """

    at: float
    memory: dict[str, float] = field(default_factory=dict)
    private: dict[str, float] = field(default_factory=dict)
    written: dict[str, float] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)


class Watch:
    """Samples the proportional set size (PSS) of each process of an app, children included.

    The web process's other children count as its own.

    app: a ``tests.serving.App`` whose workers are all ready; the log names them in the order in
    which they were started. A worker that is started later is called "a later worker".
    """

    def __init__(self, app: Any, every: float = 5.0) -> None:
        self.samples: list[Sample] = []
        self._web = psutil.Process(app.process.pid)
        titles = re.findall(r"host\.executor: (.+?): ready on", app.log)
        workers = sorted(app.workers(), key=lambda worker: worker.create_time())
        self._names = {worker.pid: title for worker, title in zip(workers, titles, strict=False)}
        self._every, self._began = every, time.monotonic()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> list[Sample]:
        """End the watch; returns all samples."""
        self._end.set()
        self._thread.join()
        return self.samples

    def mean(self, name: str, begin: float, end: float, private: bool = False) -> float | None:
        """MB of a process between two moments, None if it was not there."""
        found = [
            (sample.private if private else sample.memory)[name]
            for sample in self.samples
            if begin <= sample.at <= end and name in sample.memory
        ]
        return statistics.fmean(found) if found else None

    def look(self) -> Sample:
        """A reading of this moment; it is not among the samples."""
        sample = Sample(self.now)
        with contextlib.suppress(psutil.Error):  # something ended while it was looked at
            self._add(sample, "web", [self._web])
            for child in self._web.children():
                self._add(sample, self._name(child), [child, *child.children(recursive=True)])
        return sample

    @property
    def now(self) -> float:
        """Seconds since the watch began."""
        return time.monotonic() - self._began

    @property
    def names(self) -> list[str]:
        """The web process and every worker that was seen."""
        return list(dict.fromkeys(name for sample in self.samples for name in sample.memory))

    def _run(self) -> None:
        while not self._end.is_set():
            self.samples.append(self.look())
            self._end.wait(self._every)

    def _name(self, child: psutil.Process) -> str:
        if child.pid in self._names:
            return self._names[child.pid]
        return "a later worker" if "host.worker" in " ".join(child.cmdline()) else "web"

    @staticmethod
    def _add(sample: Sample, name: str, family: list[psutil.Process]) -> None:
        for process in family:
            try:
                sizes, times = _sizes(process.pid), process.cpu_times()
            except (psutil.Error, OSError):  # it ended meanwhile
                continue
            for kind, lines in _LINES.items():
                kept = getattr(sample, kind)
                kept[name] = kept.get(name, 0.0) + sum(sizes.get(line, 0.0) for line in lines)
            sample.cpu[name] = sample.cpu.get(name, 0.0) + times.user + times.system


_LINES = {
    "memory": ("Pss",),
    "private": ("Private_Clean", "Private_Dirty", "Private_Hugetlb"),
    "written": ("Pss_Anon",),
}
"""Of a process's smaps_rollup, which make up a figure."""


def _sizes(pid: int) -> dict[str, float]:
    """MB by line. Raises OSError when the process is gone."""
    with Path(f"/proc/{pid}/smaps_rollup").open() as lines:
        next(lines)
        pairs = (line.split(":") for line in lines)
        return {name: int(size.split()[0]) * 1024 / MB for name, size in pairs}
