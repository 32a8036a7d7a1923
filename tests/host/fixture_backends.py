"""One tiny backend per way a backend can behave or fail. Imported by real workers."""

import contextlib
import ctypes
import logging
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np

from host import Context, UserError


class Good:
    def __init__(self, context: Context) -> None:
        self.context = context
        self.inside = 0

    def add(self, a, b):
        return a + b

    def echo(self, value):
        return value

    def environment(self, name):
        return os.environ.get(name)

    def about(self):
        return {"pid": os.getpid(), "executable": sys.executable, "device": self.context.device}

    def alone(self):
        """True if no other call was inside at the same time."""
        self.inside += 1
        time.sleep(0.01)
        alone = self.inside == 1
        self.inside -= 1
        return alone

    def count(self, n):
        yield from range(n)
        return "counted"

    def health(self):
        return {"model": "tiny"}


class Bad(Good):
    """Works like Good, and fails in every way on request."""

    def raise_user_error(self):
        raise UserError("That is not a face.")

    def raise_bug(self):
        raise ZeroDivisionError("secret detail")

    def sys_exit(self):
        sys.exit("bye")

    def exit_in_call(self):
        print("my last words", flush=True)
        os._exit(3)

    def killed_in_call(self):
        os.kill(os.getpid(), signal.SIGKILL)

    def hang(self, seconds=600.0):
        """Hangs politely: Python code that can be interrupted."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(0.01)

    def hang_deaf(self):
        """Swallows interrupts; only a kill ends it."""
        while True:
            with contextlib.suppress(BaseException):
                while True:  # inside, so that there is hardly a moment in which it would hear
                    time.sleep(0.01)

    def hold_gil(self, seconds):
        """Native code that never lets another Python thread run."""
        ctypes.PyDLL(None).sleep(int(seconds))

    def forever(self, marker=None):
        try:
            number = 0
            while True:
                yield number
                number += 1
                time.sleep(0.002)
        finally:
            if marker is not None:
                with open(marker, "w") as file:  # noqa: PTH123
                    file.write("closed")

    def flood(self, n):
        for _ in range(n):
            yield np.zeros(100_000, np.uint8)

    def fail_midway(self):
        yield 1
        raise ZeroDivisionError

    def exit_midway(self):
        yield 1
        os._exit(1)

    def unpicklable(self):
        return threading.Lock()

    def unpicklable_midway(self):
        yield 1
        yield threading.Lock()

    def framework_tensor(self):
        import torch

        return torch.zeros(3)

    def print_a_lot(self):
        for number in range(20_000):
            print("line", number)
        logging.getLogger("fixture").warning("logged %d", 1)
        return "printed"

    def print_quickly(self, n):
        for number in range(n):
            print("line", number)

    def print_for_ever(self, text):
        """Prints from now on, beside all later calls, as fast as it can."""
        threading.Thread(target=self._print_for_ever, args=(text,), daemon=True).start()

    def _print_for_ever(self, text):
        while True:
            os.write(1, text)

    def flood_and_exit(self):
        for number in range(200_000):
            print("line", number)
        print("my last words", flush=True)
        os._exit(3)

    def take(self, megabytes, then=0.0):
        """Takes memory and keeps it."""
        self.taken = np.ones(megabytes << 20, np.uint8)
        time.sleep(then)

    def take_later(self, megabytes):
        """Takes memory when the call has ended."""
        threading.Timer(0.5, self.take, (megabytes,)).start()

    def take_in_child(self, megabytes):
        code = f"import time; taken = b'x' * ({megabytes} << 20); time.sleep(600)"
        return subprocess.Popen([sys.executable, "-c", code]).wait()

    def share_with_children(self, megabytes, children):
        """Memory that forked processes have in common is there once."""
        self.taken = np.ones(megabytes << 20, np.uint8)
        pids = []
        for _ in range(children):
            if (pid := os.fork()) == 0:
                time.sleep(4)
                os._exit(0)
            pids.append(pid)
        return [os.waitpid(pid, 0)[1] for pid in pids]

    def leave_child(self):
        return subprocess.Popen(["sleep", "600"]).pid


class NeverStarts:
    def __init__(self, context: Context) -> None:
        raise RuntimeError("the model file is missing")


class ExitsAtStart:
    def __init__(self, context: Context) -> None:
        os._exit(7)


class HangsAtStart:
    def __init__(self, context: Context) -> None:
        time.sleep(600)


class TakesMemoryAtStart:
    def __init__(self, context: Context) -> None:
        self.taken = np.ones(400 << 20, np.uint8)
        time.sleep(600)
