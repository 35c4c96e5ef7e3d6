"""Runs programs to their end, and checks their errors. Run by abuse.py."""

import subprocess
import time
from dataclasses import dataclass

from harness import PANIC, expect, peak_kib

LIMIT_KIB = 32 * 1024
# pop3get keeps the listing of a maildrop in memory, up to some 700,000 messages.
LISTING_KIB = 128 * 1024
USAGE, LOGIN, NETWORK, PROTOCOL, DISK, LATER = 2, 3, 4, 5, 6, 7  # the exit codes of pop3get
STALLED_SECONDS = 180


@dataclass
class Outcome:
    """How a program ended."""

    code: int | None
    stdout: str
    stderr: str
    peak_kib: int


def run_program(command: list[object], seconds: float = 60, **options: object) -> Outcome:
    """Runs a program to its end and watches its memory. After `seconds` it is killed, and the code is None."""
    process = subprocess.Popen(
        list(map(str, command)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        errors="replace", **options,
    )  # fmt: skip
    peak = 0
    in_time = True
    deadline = time.monotonic() + seconds
    while process.poll() is None and in_time:
        peak = max(peak, peak_kib(process.pid))
        time.sleep(0.005)
        in_time = time.monotonic() < deadline
    if not in_time:
        process.kill()
    stdout, stderr = process.communicate()
    return Outcome(process.returncode if in_time else None, stdout, stderr, peak)


def expect_error(outcome: Outcome, codes: tuple[int, ...], *culprits: object, limit_kib: int = LIMIT_KIB) -> str:
    """Expects one of the codes, and a message that names the causes."""
    text = outcome.stderr.strip()
    expect(PANIC not in outcome.stdout + outcome.stderr, text)
    expect(outcome.code is not None, f"did not end; it said {text!r}")
    expect(outcome.code in codes, f"code {outcome.code} instead of {codes}: {text!r}")
    expect(text, "no message")
    for culprit in culprits:
        expect(str(culprit) in text, f"the message does not name {culprit}: {text!r}")
    expect(outcome.peak_kib < limit_kib, f"{outcome.peak_kib} KiB")
    return f"code {outcome.code}, {outcome.peak_kib} KiB: {text.splitlines()[0][:150]}"
