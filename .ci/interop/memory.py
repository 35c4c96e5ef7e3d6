#!/usr/bin/env python3
"""Checks that pop3d and pop3get pass on a message of 1 GiB in less than 16 MiB of memory each.

The message is generated, with lines of 76 bytes with CRLF. There is one RETR in every TLS mode. The figure is VmHWM,
the peak of resident memory, from /proc. The copy must be equal to the original, byte for byte. By hand:

  .ci/interop/memory.py                  (1 GiB, needs 2 GiB of disk)
  .ci/interop/memory.py --mb 64          (as in CI)
"""

import argparse
import filecmp
import shutil
import subprocess
import sys
import time
from pathlib import Path

from clients import MODES, pop3get_command
from harness import (
    PANIC,
    Pop3d,
    Report,
    expect,
    make_certificates,
    need_programs,
    peak_kib,
    scratch_folder,
)

LIMIT_KIB = 16 * 1024
LINE = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/ABCDEFGHIJKL\r\n"


def write_message(path: Path, mb: int) -> None:
    block = LINE * (1024 * 1024 // len(LINE))
    with path.open("wb") as file:
        file.write(b"Subject: big\r\n\r\n")
        while file.tell() < mb * 1024 * 1024:
            file.write(block)


def fetch(pop3d: Pop3d, mode: str, message: Path, target: Path) -> str:
    command, environment = pop3get_command(pop3d.server, mode, target, "--keep")
    start = time.monotonic()
    pop3get = subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    peak = 0
    while pop3get.poll() is None:
        peak = max(peak, peak_kib(pop3get.pid))
        time.sleep(0.005)
    seconds = time.monotonic() - start
    text = pop3get.communicate()[0]
    expect(pop3get.returncode == 0 and PANIC not in text, f"pop3get ended with code {pop3get.returncode}: {text}")
    (copy,) = (target / "new").iterdir()
    expect(filecmp.cmp(message, copy, shallow=False), "the copy is not the original")
    peaks = f"peak pop3d {pop3d.peak_kib()} KiB, pop3get {peak} KiB"
    expect(0 < pop3d.peak_kib() < LIMIT_KIB and 0 < peak < LIMIT_KIB, f"{peaks}, limit {LIMIT_KIB} KiB")
    return f"{peaks}, {message.stat().st_size / seconds / 1e6:.0f} MB/s"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mb", type=int, default=1024, help="size of the message in MiB (default 1024)")
    options = parser.parse_args()
    need_programs()
    report = Report()
    with scratch_folder() as folder:
        certificates = make_certificates(folder / "certificates")
        for part in ("cur", "new", "tmp"):
            (folder / "source" / part).mkdir(parents=True)
        message = folder / "source" / "cur" / "1700000000.big:2,S"
        write_message(message, options.mb)
        for mode in MODES:
            with Pop3d("--maildir", folder / "source", certificates=certificates) as pop3d:
                report.check(f"one message of {options.mb} MiB, {mode}", fetch, pop3d, mode, message, folder / "target")
            shutil.rmtree(folder / "target", ignore_errors=True)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
