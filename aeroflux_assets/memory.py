"""The memory of this process: its peak, as tables and benchmarks report it, and giving back what is free."""

import ctypes
from contextlib import suppress
from pathlib import Path


def peak_mb() -> int | None:
    """Peak memory of this process since it began, in MB; None where the system does not tell.

    VmHWM and not ru_maxrss: the latter starts at what the process that started this one had.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    of = next(line for line in status.read_text("utf-8").splitlines() if line.startswith("VmHWM"))
    return int(of.split()[1]) // 1024


def give_back() -> None:
    """Return freed memory to the system, where the C library has a way to say so (glibc); else do nothing.

    glibc keeps what a thread freed for that thread's kind of use: numpy's arrays of one month after another, made in
    threads, came to twice the memory of a month by the fourth. It takes milliseconds.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)
