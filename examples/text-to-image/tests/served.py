"""The real app with this plugin only, as a child process."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "triptych_text_to_image"
CHECKOUT = Path(__file__).parents[3]  # where Triptych's own code lies, unless it is installed


class App:
    def __init__(self, folder, options, flags, environment):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/"
        self._log = folder / "app.log"
        settings = {"text_to_image": {"device": ["cpu"], "threads": 1, "options": options}}
        command = [sys.executable, "-m", "host", "run", "--port", str(port)]
        command += ["--plugin", str(PACKAGE), "--only", "text_to_image", "--strict"]
        command += ["--cache", str(folder / "cache"), *flags]
        environment = {
            **os.environ,
            "TRIPTYCH_PLUGINS": json.dumps(settings),
            "PYTHONPATH": str(CHECKOUT),
            "GRADIO_ANALYTICS_ENABLED": "False",
            "GRADIO_TEMP_DIR": str(folder / "gradio"),
            "HF_HOME": str(folder / "hub"),
            **environment,
        }
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=subprocess.STDOUT, env=environment, cwd=folder
            )

    @property
    def log(self):
        return self._log.read_text()

    def wait_until_served(self, seconds=90):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert self.process.poll() is None, self.log
            try:
                return urllib.request.urlopen(self.url, timeout=5).read()
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"not served in time\n{self.log}")

    def client(self):
        from gradio_client import Client

        return Client(self.url, verbose=False)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        finally:
            self.process.kill()
