import contextlib
import socket
import subprocess
import sys

from host import Context


class Careless:
    def __init__(self, context: Context) -> None:
        # A guest that leaves the worker's session and so outlives it.
        self._guest = subprocess.Popen(
            [sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True
        )
        with contextlib.suppress(OSError), socket.socket() as there:
            there.connect(("192.0.2.1", 80))  # an address that belongs to nobody

    def shout(self, text):
        return str(text).upper()

    def whisper(self, text: str) -> str:
        """The text in lower case."""
        return str(text).lower()

    def health(self):
        return {"model": ""}
