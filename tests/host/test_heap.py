"""Memory that nothing uses is handed back."""

import ctypes
import subprocess
import sys

import pytest

GAPS = """
import os, time
from host.heap import Heap

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

heap = Heap()
blocks = [bytearray(100_000) for _ in range(1000)]
del blocks[:-1]  # the last one lies above the gaps
full = resident()
heap.trim()
assert resident() > full - 20_000_000, "trimmed within a second of the last time"
time.sleep(1.1)
heap.trim()
print((full - resident()) // 1_000_000)
"""

KEPT_OUT = """
import os
from host.heap import keep_pictures_out

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

if KEPT:
    keep_pictures_out()
bytearray(20_000_000)  # freed at once, which would let all that is smaller into the heap
pictures = [bytearray(1_000_000) for _ in range(100)]
full = resident()
del pictures[:-1]
print((full - resident()) // 1_000_000)
"""

glibc = pytest.mark.skipif(
    not sys.platform.startswith("linux") or not hasattr(ctypes.CDLL(None), "malloc_trim"),
    reason="the C library has no malloc_trim",
)


def printed(program):
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    return int(ran.stdout)


@glibc
def test_gaps_between_what_is_used_go_back_to_the_system():
    assert printed(GAPS) > 70  # of 100 MB


@glibc
def test_pictures_are_given_back_wherever_they_lie():
    assert printed(KEPT_OUT.replace("KEPT:", "False:")) < 10
    assert printed(KEPT_OUT.replace("KEPT:", "True:")) > 90  # of 99 MB
