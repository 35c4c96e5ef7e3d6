"""What a server costs: memory and time of all its processes. Nothing to run by hand."""

import os
import re
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """The process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        if fields := stat(int(entry.name)):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [pid]
    for member in found:
        found += children.get(member, [])
    return found


def memory_kib(pid: int) -> int:
    """Resident memory of the family; a page that several share counts once (PSS)."""
    total = 0
    for member in family(pid):
        try:
            rollup = Path(f"/proc/{member}/smaps_rollup").read_text()
        except OSError:  # it has just ended
            continue
        if pss := re.search(r"^Pss:\s+(\d+) kB$", rollup, re.MULTILINE):
            total += int(pss[1])
    return total


def cpu_seconds(pid: int) -> float:
    """Processor time of the family so far, that of members that have ended included."""
    return sum(sum(map(int, fields[11:15])) for fields in map(stat, family(pid)) if fields) / TICKS


def stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat behind the name, from the state on; none when the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
