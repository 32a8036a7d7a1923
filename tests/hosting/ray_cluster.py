"""A real Ray cluster of one small node."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import psutil


class Cluster:
    """``ray start --head`` on free ports, in a folder of its own.

    address: what drivers connect to.
    """

    def __init__(self, cpus=2):
        # A short path: Ray puts Unix sockets there.
        self._folder = tempfile.mkdtemp(prefix="ray-", dir="/tmp")
        gcs, client, agent = _free_ports(3)
        self.address = f"127.0.0.1:{gcs}"
        environment = {
            **os.environ,
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_worker_niceness": "0",  # a busy machine would not let its actors run at all
            "OMP_NUM_THREADS": "1",
        }
        with open(f"{self._folder}/start.log", "w") as log:  # noqa: PTH123
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-c", "from ray.scripts.scripts import main; main()"),
                    *("start", "--head", "--block", "--node-ip-address=127.0.0.1"),
                    f"--port={gcs}",
                    f"--ray-client-server-port={client}",
                    f"--dashboard-agent-listen-port={agent}",
                    f"--num-cpus={cpus}",
                    "--num-gpus=0",
                    "--object-store-memory=100000000",
                    "--include-dashboard=false",
                    "--disable-usage-stats",
                    f"--temp-dir={self._folder}/t",
                ],
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,
            )
        self._wait(f"{self._folder}/start.log")

    def _wait(self, log):
        end = time.monotonic() + 60
        while True:
            with open(log) as file:  # noqa: PTH123
                said = file.read()
            if "--block" in said and "Ray runtime started" in said:
                return
            assert self._process.poll() is None and time.monotonic() < end, said
            time.sleep(0.1)

    def processes(self):
        """Those of Ray's workers that belong to this cluster."""
        with contextlib.suppress(psutil.Error):
            return [
                child
                for child in psutil.Process(self._process.pid).children(recursive=True)
                if "ray::" in " ".join(_command(child))
            ]
        return []

    def actors(self):
        """Process ids of its actors of ours."""
        return [each.pid for each in self.processes() if "ray::Actor" in " ".join(_command(each))]

    def kill(self, name):
        """End one of Ray's own servers as a failing machine would."""
        for child in psutil.Process(self._process.pid).children(recursive=True):
            if any(part.endswith(f"/{name}") for part in _command(child)[:1]):
                child.kill()

    def stop(self):
        everything = []
        with contextlib.suppress(psutil.Error):
            everything = psutil.Process(self._process.pid).children(recursive=True)
        self._process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(10)
        for each in everything:
            with contextlib.suppress(psutil.Error):
                each.kill()
        self._process.kill()
        shutil.rmtree(self._folder, ignore_errors=True)


def _command(process):
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _free_ports(count):
    held = [socket.socket() for _ in range(count)]
    for each in held:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports
