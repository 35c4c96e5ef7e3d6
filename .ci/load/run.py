#!/usr/bin/env python3
"""Puts the same load on pop3d and on two settings of Dovecot, in turns: same users, same messages, same driver.

  many      2,000 idle sessions while 100 workers log in and out and 100 fetch messages; not Dovecot default
  idle      10,000 idle sessions, or as many as the limit of open files permits; only pop3d
  sessions  sessions a second (connect, USER, PASS, STAT, QUIT; 50 workers)
  messages  messages a second (RETR; 100 workers with 20 messages of 4 KiB), 1 and 32 on the way; not Dovecot default
  download  one connection: 2,000 messages of 4 KiB, 1 and 16 on the way, and one of 500 MB

Ends with code 1 on any error of a server, or if the memory of pop3d still grew in the second half of `many`, but not if
a target is missed. All servers compare plain passwords, use no TLS, and keep no log of sessions; all but Dovecot
default lock a maildrop for its session. After a release build of pop3d and of the driver, by hand:

  .ci/load/run.py
  .ci/load/run.py --only sessions,download --rounds 3
"""

import argparse
import os
import resource
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "interop"))

import workloads
from contenders import Contender, contenders
from driver import LOAD
from figures import Figures
from harness import POP3D, Report, scratch_folder
from stored import write_maildirs
from workloads import (
    BIG_OCTETS,
    CHURN,
    FETCH,
    IDLE,
    MESSAGE_WORKERS,
    MESSAGES,
    OCTETS,
    SMALL_MESSAGES,
    Lengths,
    ManySessions,
)

ONCE = ("many", "idle")
RATES = {
    "sessions": workloads.session_rate,
    "messages": workloads.message_rates,
    "download": workloads.downloads,
}
# Workloads that Dovecot default takes no part in.
NOT_DEFAULT = ("messages",)
DESCRIPTORS = 8192
# A session of pop3d needs its socket and the lock of its maildrop. The server needs some more of its own.
DESCRIPTORS_A_SESSION, MORE_DESCRIPTORS = 2, 200


def rates(chosen: list[str], contender: Contender, figures: Figures, lengths: Lengths) -> str:
    with contender.start() as server:
        return ", ".join(RATES[name](contender, server, figures, lengths) for name in chosen)


def measure_idle(folder: Path, figures: Figures, report: Report, count: int, crlf: bool) -> None:
    """Each session has a maildrop of its own, with one message."""
    plan = {f"user{number}": (1, OCTETS) for number in range(count)}
    write_maildirs(folder / "idle-mail", plan, crlf)
    pop3d, *_ = contenders(folder / "idle", folder / "idle-mail", list(plan))
    report.check("idle, pop3d", workloads.idle, pop3d, figures, count)


def raise_descriptors(idle: int) -> int:
    """Permits as many open files as this many idle sessions need. Returns how many of these there can be."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    wanted = max(DESCRIPTORS, DESCRIPTORS_A_SESSION * idle + MORE_DESCRIPTORS)
    limit = wanted if most == resource.RLIM_INFINITY else min(most, wanted)
    if limit < DESCRIPTORS:
        sys.exit(f"{DESCRIPTORS} open files are needed, the limit is {limit}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, most))
    possible = min(idle, (limit - MORE_DESCRIPTORS) // DESCRIPTORS_A_SESSION)
    if possible < idle:
        print(f"{idle} idle sessions need {wanted} open files, the limit is {limit}: {possible} instead", flush=True)
    return possible


def workload_names(text: str) -> list[str]:
    names = text.split(",")
    if unknown := [name for name in names if name not in (*ONCE, *RATES)]:
        known = ", ".join((*ONCE, *RATES))
        raise argparse.ArgumentTypeError(f"no workload is called {unknown[0]!r}; there are {known}")
    return names


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--only", type=workload_names, default=[*ONCE, *RATES], metavar="NAME[,NAME]", help="only these workloads")
    add("--seconds", type=float, default=200, help="seconds of many (default 200)")
    add("--idle", type=int, default=10_000, help="number of sessions of idle (default 10000)")
    add("--rate-seconds", type=float, default=6, help="seconds of each rate (default 6)")
    add("--rounds", type=int, default=5, help="rounds of rates and downloads, whose medians count (default 5)")
    add("--small-passes", type=int, default=20, help="downloads of all small messages in a round (default 20)")
    add("--big-passes", type=int, default=4, help="downloads of the big message in a round (default 4)")
    add("--crlf", action="store_true", help="store messages with CRLF line ends instead of LF")
    return parser.parse_args()


def main() -> int:
    options = read_options()
    missing = [str(path) for path in (POP3D, LOAD) if not os.access(path, os.X_OK)]
    if missing:
        sys.exit(f"not built: {', '.join(missing)}; run: .ci/load/run")
    idle_count = raise_descriptors(options.idle if "idle" in options.only else 0)
    lengths = Lengths(options.seconds, options.rate_seconds, options.small_passes, options.big_passes)
    report = Report()
    with scratch_folder() as folder:
        users = IDLE + CHURN + FETCH if "many" in options.only else MESSAGE_WORKERS
        plan = {f"user{number}": (MESSAGES, OCTETS) for number in range(users)}
        if "download" in options.only:
            plan |= {"small": (SMALL_MESSAGES, OCTETS), "big": (1, BIG_OCTETS)}
        write_maildirs(folder / "mail", plan, options.crlf)
        pop3d, fast, default = servers = contenders(folder, folder / "mail", list(plan))
        figures = Figures(servers)
        if "many" in options.only:
            many = ManySessions(lengths, figures)
            for one in (pop3d, fast):
                report.check(f"many sessions, {one.name}", many.run, one)
            if many.sessions_between:
                report.check("many sessions, pop3d does not grow", many.no_growth, pop3d)
        if "idle" in options.only:
            measure_idle(folder, figures, report, idle_count, options.crlf)
        chosen = [name for name in RATES if name in options.only]
        for number in range(options.rounds if chosen else 0):
            for one in servers if number % 2 == 0 else reversed(servers):
                its = [name for name in chosen if one is not default or name not in NOT_DEFAULT]
                if its:
                    report.check(f"round {number + 1}, {one.name}", rates, its, one, figures, lengths)
        if not report.failed:
            sizes = {"many": f"{IDLE:,}", "idle": f"{idle_count:,}"}
            print("", figures.table(sizes), "", *figures.targets(), "", sep="\n", flush=True)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
