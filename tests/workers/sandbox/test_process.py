"""What a process of ours keeps to itself."""

import subprocess
import sys

SCRIPT = """
import ctypes, resource
from workers.sandbox.process import bounded, undumpable
undumpable()
bounded(1 << 30)
print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), *resource.getrlimit(resource.RLIMIT_CORE))
try:
    bytearray(2 << 30)
except MemoryError:
    print("held")
"""


def test_it_cannot_be_read_and_is_limited() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, timeout=60
    )
    assert ran.stdout.split("\n")[:2] == ["0 0 0", "held"]
