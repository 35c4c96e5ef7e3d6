"""Measures the memory of all processes of a server. Nothing to run by hand."""

import re
from pathlib import Path


def family(pid: int) -> list[int]:
    """The process and all its descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            stat = (entry / "stat").read_text()
        except OSError:  # it has just ended
            continue
        parent = stat.rpartition(")")[2].split()[1]
        children.setdefault(int(parent), []).append(int(entry.name))
    found = [pid]
    for member in found:
        found += children.get(member, [])
    return found


def memory_kib(pid: int) -> int:
    """Resident memory of the family. A page that several share counts once (PSS)."""
    total = 0
    for member in family(pid):
        try:
            rollup = Path(f"/proc/{member}/smaps_rollup").read_text()
        except OSError:  # it has just ended
            continue
        if pss := re.search(r"^Pss:\s+(\d+) kB$", rollup, re.MULTILINE):
            total += int(pss[1])
    return total
