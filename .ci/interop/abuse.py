#!/usr/bin/env python3
"""Checks that bad input, bad peers and bad command lines cause a clear error or a clean close, and nothing worse.

pop3d gets junk, endless lines, floods of commands, and peers that stall. pop3get gets fake servers that send junk, lie,
stall or close. Expected are: no panic; less than 32 MiB of memory; the documented exit codes, with a message that names
the cause; no part of a message in new/; no password sent to a server that is not trusted; and a pop3d that serves a
normal session after each check. By hand:

  .ci/interop/abuse.py            (as in CI)
  .ci/interop/abuse.py --full     (with lines of 1 GiB and peers that stall: two minutes, as long as pop3get waits)
"""

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor

import abuse_command_lines
import abuse_floods
import abuse_servers
import abuse_tls
import abuse_troubles
from abuse_peers import BadPeers
from abuse_runs import Runs
from harness import Report, make_certificates, need_programs, scratch_folder


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--line-mb", type=int, default=64, help="length of an endless line in MiB (default 64)")
    parser.add_argument("--stalls", action="store_true", help="run the checks with peers that stall for long, too")
    parser.add_argument("--full", action="store_true", help="the same as --line-mb 1024 --stalls")
    options = parser.parse_args()
    line_mb = 1024 if options.full else options.line_mb
    need_programs()
    report = Report()
    with scratch_folder() as folder, ThreadPoolExecutor() as executor:
        certificates = make_certificates(folder / "certificates")
        runs = Runs(folder, certificates, line_mb)
        bad_peers = BadPeers(folder, certificates, line_mb)
        stalling = {}
        if options.full or options.stalls:
            stalling = {"pop3d: one that does not read is cut off": bad_peers.cut_off, **abuse_servers.stalling(runs)}
        stalled = {name: executor.submit(body) for name, body in stalling.items()}
        bad_peers.all(report)
        abuse_command_lines.run(report, folder, certificates)
        for group in (abuse_servers, abuse_tls, abuse_floods, abuse_troubles):
            for name, body in group.cases(runs).items():
                report.check(f"pop3get: {name}", body)
        for name, future in stalled.items():
            report.check(name, future.result)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
