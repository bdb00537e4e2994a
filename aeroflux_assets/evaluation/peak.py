"""The peak memory of this process, as the tables and the benchmarks report it."""

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
