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


@pytest.mark.skipif(
    not sys.platform.startswith("linux") or not hasattr(ctypes.CDLL(None), "malloc_trim"),
    reason="the C library has no malloc_trim",
)
def test_gaps_between_what_is_used_go_back_to_the_system():
    ran = subprocess.run(
        [sys.executable, "-c", GAPS], capture_output=True, text=True, check=True, timeout=60
    )
    assert int(ran.stdout) > 70  # of 100 MB
