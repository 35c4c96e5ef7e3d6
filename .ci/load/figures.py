"""The figures that were measured, their table, and the targets. Nothing to run by hand."""

import statistics
from dataclasses import dataclass

from contenders import Contender

# The rows of the table, and their labels.
ROWS = {
    "many: KiB": "KiB an idle session of {many}",
    "many: start": "MiB under load, start",
    "many: middle": "MiB under load, middle",
    "many: end": "MiB under load, end",
    "idle: KiB": "KiB an idle session of {idle}",
    "sessions": "sessions/s",
    "sessions: p50_ms": "  p50, ms",
    "sessions: p99_ms": "  p99, ms",
    "sessions: server": "  server's processor time, us each",
    "sessions: driver": "  driver's processor time, us each",
}
for one, shown in (("messages: depth 1", "depth 1"), ("messages: depth 32", "depth 32")):
    ROWS |= {
        one: f"messages/s, {shown}",
        f"{one}: MB/s": "  MB/s",
        f"{one}: p50_ms": "  p50, ms",
        f"{one}: p99_ms": "  p99, ms",
        f"{one}: server": "  server's processor time, us each",
        f"{one}: driver": "  driver's processor time, us each",
    }
DOWNLOADS = {
    "small, depth 1": "2,000 messages of 4 KiB, depth 1",
    "small, depth 16": "2,000 messages of 4 KiB, depth 16",
    "big": "a message of 500 MB",
}
for one, shown in DOWNLOADS.items():
    ROWS |= {
        f"{one}: MB/s": f"{shown}: MB/s",
        f"{one}: server ns": "  server's processor time, ns a byte",
        f"{one}: driver ns": "  driver's processor time, ns a byte",
    }


@dataclass
class Target:
    """`row` of pop3d should be this many times that of `beside`, or this much: at least, or, if `most`, at most."""

    row: str
    unit: str
    of: str
    factor: float
    beside: str | None = None
    most: bool = False

    def verdict(self, found: float) -> str:
        met = found <= self.factor if self.most else found >= self.factor
        wanted = f"at {'most' if self.most else 'least'} {self.factor:g} "
        wanted += f"x {self.unit} of {self.beside}" if self.beside else self.unit
        wanted += self.of and f", {self.of}"
        return f"target: {wanted}: {'reached' if met else 'not reached,'} {found:.2f}"


TARGETS = [
    Target("sessions", "sessions/s", "", 10, "Dovecot default"),
    Target("sessions", "sessions/s", "", 2, "Dovecot"),
]
for one, shown in DOWNLOADS.items():
    TARGETS.append(Target(f"{one}: MB/s", "MB/s", shown, 2, "Dovecot"))
    TARGETS.append(Target(f"{one}: server ns", "processor time a byte", shown, 1, "Dovecot", most=True))
TARGETS.append(Target("idle: KiB", "KiB an idle session", "", 8, most=True))


class Figures:
    def __init__(self, contenders: tuple[Contender, ...]) -> None:
        self.names = [one.name for one in contenders]
        self.values: dict[tuple[str, str], list[float]] = {}

    def add(self, contender: Contender, row: str, value: float) -> None:
        self.values.setdefault((contender.name, row), []).append(value)

    def median(self, name: str, row: str) -> float | None:
        values = self.values.get((name, row))
        return statistics.median(values) if values else None

    def ratio(self, row: str, other: str) -> float | None:
        """The median of the ratios within the rounds, because the machine changes more from one round to the next
        than the servers do.
        """
        ours, theirs = self.values.get((self.names[0], row)), self.values.get((other, row))
        if not ours or not theirs or not all(theirs):
            return None
        return statistics.median(one / another for one, another in zip(ours, theirs, strict=True))

    def table(self, sizes: dict[str, str]) -> str:
        """All rows that were measured. `sizes` fill in the names of rows."""
        first, *others = self.names
        lines = [("", *self.names, *(f"{first}/{other}" for other in others)), ("---", *["---:"] * 5)]
        for row, shown in ROWS.items():
            values = [self.median(name, row) for name in self.names]
            if any(values):
                ratios = [self.ratio(row, other) for other in others]
                lines.append((shown.format(**sizes), *map(cell, [*values, *ratios])))
        widths = [max(len(line[at]) for line in lines) for at in range(6)]
        padded = [[f"{text:{'<' if at == 0 else '>'}{widths[at]}}" for at, text in enumerate(line)] for line in lines]
        return "\n".join(f"| {' | '.join(line)} |" for line in padded)

    def targets(self) -> list[str]:
        """A line for each target whose figures were measured."""
        lines = []
        for target in TARGETS:
            beside = target.beside
            found = self.ratio(target.row, beside) if beside else self.median(self.names[0], target.row)
            if found is not None:
                lines.append(target.verdict(found))
        return lines


def cell(value: float | None) -> str:
    return "" if value is None else f"{value:.{0 if value >= 1000 else 1 if value >= 20 else 2}f}"
