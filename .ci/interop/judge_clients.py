#!/usr/bin/env python3
"""Judges pop3get, the OAuth gateway and clients of others with pop3check, which plays the server.

A check passes if pop3check ends with a verdict (exit code 0 or 1) and writes nothing to standard error. pop3get and
the gateway have to pass strictly, but for what pop3get-known.toml gives a reason for. The last line of each report is
printed, and a table of all. By hand:

  .ci/interop/install.sh && .ci/interop/judge_clients.py
  .ci/interop/judge_clients.py --client curl --out /tmp/judged -- client/tls -v
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from harness import PROGRAMS, Report, expect, scratch_folder

POP3CHECK = PROGRAMS / "pop3check"
OURS = {"pop3get": "pop3get-known.toml", "oauth-gateway": None}
# Those that install.sh brings. The other presets need Ruby, Java libraries or windows.
CLIENTS = ("curl", "poplib", "fetchmail", "mpop", "getmail", "net-pop3", "neomutt", "s-nail")
SECONDS = 3600


def judge(name: str, out: Path, jobs: int, options: list[str]) -> str:
    files = {form: out / f"{name}.{form}" for form in ("json", "html", "txt")}
    strictly: list[object] = []
    if name in OURS and not options:
        known = OURS[name]
        strictly = ["--strict", "--flood", *(["--known", Path(__file__).with_name(known)] if known else [])]
    reports = ["--json", files["json"], "--html", files["html"]]
    ran = subprocess.run(
        list(map(str, [POP3CHECK, "client", "--preset", name, "--jobs", jobs, *reports, *strictly, *options])),
        capture_output=True, text=True, timeout=SECONDS, check=False,
        env={**os.environ, "PATH": f"{PROGRAMS}:{os.environ['PATH']}"},
    )  # fmt: skip
    files["txt"].write_text(ran.stdout + ran.stderr)
    codes = (0,) if strictly else (0, 1)
    expect(ran.returncode in codes, f"exit code {ran.returncode}: {ran.stdout[-3000:]}{ran.stderr[-2000:]}")
    expect(not ran.stderr, f"standard error: {ran.stderr[-2000:]}")
    return ran.stdout.splitlines()[-1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [*OURS, *CLIENTS]
    parser.add_argument("--client", action="append", help="only this one; may be repeated")
    parser.add_argument("--jobs", type=int, default=2, help="probes at the same time (default 2)")
    parser.add_argument("--out", type=Path, help="keep the reports in this folder")
    parser.add_argument("options", nargs="*", help="options of pop3check client, after --")
    args = parser.parse_args()
    if not os.access(POP3CHECK, os.X_OK):
        sys.exit(f"not built: {POP3CHECK}; run: cargo programs")
    report = Report()
    with scratch_folder() as folder:
        out = args.out or folder / "reports"
        out.mkdir(parents=True, exist_ok=True)
        for name in args.client or names:
            report.check(name, judge, name, out, args.jobs, args.options)
        runs = sorted(out.glob("*.json"))
        if len(runs) > 1:
            print(flush=True)
            subprocess.run([POP3CHECK, "compare", "--sections", *runs], check=True)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
