"""The table of clients in README.md: made, compared and written. Nothing to run by hand.

Versions may differ from machine to machine; everything else has to be as committed.
"""

import re
from dataclasses import dataclass

from clients import MODES, PLAIN
from drivers.base import MECHANISMS, NEED_TLS
from harness import ROOT, expect

README = ROOT / "README.md"
BEGIN, END = "<!-- clients: begin -->\n", "<!-- clients: end -->\n"
HEAD = "| client | version | TLS modes | mechanisms | logins |\n| --- | --- | --- | --- | --- |\n"
MODE_NAMES = {"plain": "plain", "stls": "STLS", "tls": "TLS"}


@dataclass
class Row:
    """One client, and for every login it can do, by mode and mechanism, whether it succeeded."""

    client: str
    version: str
    modes: tuple[str, ...]
    done: dict[tuple[str, str], bool]

    def text(self) -> str:
        tried = {mechanism for _, mechanism in self.done}
        mechanisms = ", ".join(name for name in MECHANISMS if name in tried)
        modes = ", ".join(MODE_NAMES[mode] for mode in self.modes)
        passed = f"{sum(self.done.values())} of {len(self.done)}"
        return f"| {self.client} | {self.version} | {modes} | {mechanisms} | {passed} |\n"


def matrix(rows: list[Row]) -> str:
    """For the terminal: a line for each mechanism, with "-" where the client does not have it."""
    lines = []
    for row in rows:
        cells = []
        for mechanism in MECHANISMS:
            done = [(mode, row.done[mode, mechanism]) for mode in MODES if (mode, mechanism) in row.done]
            inside_tls = mechanism in NEED_TLS and row.modes != (PLAIN,)
            every = len(done) == len(MODES) - inside_tls and all(well for _, well in done)
            each = ", ".join(MODE_NAMES[mode] + ("" if well else " FAILED") for mode, well in done)
            cells.append(f"{mechanism}: {'all' if every else each or '-'}")
        lines.append(f"{row.client} {row.version}  " + "; ".join(cells))
    return "\n".join(lines)


def committed() -> tuple[str, str, str]:
    """README.md before the table, the table, and after it."""
    text = README.read_text()
    found = re.fullmatch(f"(.*{re.escape(BEGIN)})(.*?)({re.escape(END)}.*)", text, re.DOTALL)
    expect(found, f"{README.name} has no place for the table: {BEGIN.strip()} and {END.strip()}")
    return found[1], found[2], found[3]


def without_version(row: str) -> str:
    cells = row.split("|")
    return "|".join(cells[:2] + cells[3:])


def check_readme(rows: list[Row]) -> str:
    """Expects the rows of the committed table. Returns a note on versions that differ."""
    _, table, _ = committed()
    expect(table.startswith(HEAD), "the table has another head; run with --update-readme")
    wanted, got = table.removeprefix(HEAD).splitlines(True), [row.text() for row in rows]
    differing = [
        f"  {sign} {row.strip()}"
        for sign, some, others in (("committed", wanted, got), ("now", got, wanted))
        for row in some
        if without_version(row) not in map(without_version, others)
    ]
    expect(not differing and len(wanted) == len(got), "\n".join(["the rows differ", *differing]))
    versions = {row.split("|")[1].strip(): row.split("|")[2].strip() for row in wanted}
    others = [
        f"{row.client} {row.version}, in the table {versions[row.client]}"
        for row in rows
        if row.version != versions[row.client]
    ]
    return "; ".join(others)


def write_readme(rows: list[Row]) -> None:
    before, _, after = committed()
    README.write_text(before + HEAD + "".join(row.text() for row in rows) + after)
