"""How much memory there is, so that a scene which does not fit is refused before it is gone.

Linux promises more memory than there is and ends a process that takes it, without a word.
"""

from __future__ import annotations

from pathlib import Path

from golden.errors import InputError

MEMINFO = Path("/proc/meminfo")
CGROUP = Path("/proc/self/cgroup")
CGROUP_ROOT = Path("/sys/fs/cgroup")
GIB = 2**30


def available_bytes() -> int | None:
    """Memory that this process can still take; None where the system does not say (no Linux).

    What the kernel holds available, and what the control groups (version 2) that the process is in
    leave, as containers have them.
    """
    limits = [_of_the_kernel(), *_of_the_groups()]
    known = [limit for limit in limits if limit is not None]
    return min(known, default=None)


def need_memory(name: str, count: int, bytes_each: int) -> None:
    """Raises InputError where the Gaussians of a scene need more memory than there is.

    Parameters
    ----------
    name : of the scene. count : its Gaussians.
    bytes_each : that the next step takes for each, at its peak.
    """
    available, needed = available_bytes(), count * bytes_each
    if available is not None and needed > available:
        raise InputError(
            f"{name}: {count:,} Gaussians need {needed / GIB:.1f} GiB of memory where "
            f"{available / GIB:.1f} GiB are left: free some, or cut the scene into parts."
        )


def _of_the_kernel() -> int | None:
    try:
        lines = MEMINFO.read_text().splitlines()
    except (OSError, ValueError):
        return None
    for line in lines:
        words = line.split()
        if len(words) == 3 and words[0] == "MemAvailable:":
            return int(words[1]) * 1024
    return None


def _of_the_groups() -> list[int | None]:
    """Of the process's own group and of those around it."""
    try:
        lines = CGROUP.read_text().splitlines()
    except (OSError, ValueError):
        return []
    own = next((line[3:] for line in lines if line.startswith("0::")), None)
    if own is None:
        return []
    folder = CGROUP_ROOT / own.lstrip("/")
    folders = [folder, *(above for above in folder.parents if above.is_relative_to(CGROUP_ROOT))]
    return [_of_a_group(group) for group in folders]


def _of_a_group(folder: Path) -> int | None:
    """None without a limit; pages of files that it may drop are not counted as taken."""
    try:
        most = (folder / "memory.max").read_text().strip()
        taken = int((folder / "memory.current").read_text())
        stat = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
        return None if most == "max" else int(most) - taken + int(stat.get("inactive_file", 0))
    except (OSError, ValueError):
        return None
