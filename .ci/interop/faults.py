#!/usr/bin/env python3
"""Checks that faults of the machine and other programs at the maildrop cost no mail and few sessions.

pop3d gets signals under load, full and read-only file systems, a second pop3d and delivery programs on the same
maildrop, messages that vanish, bad configurations and bad peers. By hand:

  .ci/interop/faults.py [--seed 7]     (as in CI)
  .ci/interop/faults.py --full         (more rounds, and the inactivity timer: eleven minutes)
  .ci/interop/faults.py --only load
"""

import argparse
import random
import sys
import time

import faults_config
import faults_ids
import faults_load
import faults_locks
import faults_network
import faults_others
import faults_update
from harness import Report, make_certificates, need_programs, scratch_folder
from maildrops import Ground

GROUPS = {
    "load": faults_load.run,
    "update": faults_update.run,
    "locks": faults_locks.run,
    "others": faults_others.run,
    "ids": faults_ids.run,
    "config": faults_config.run,
    "network": faults_network.run,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="run the long form")
    parser.add_argument("--only", choices=GROUPS, action="append", help="only these checks; may be repeated")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="random seed, which is printed, too")
    options = parser.parse_args()
    need_programs()
    print(f"seed {options.seed}")
    report = Report()
    with scratch_folder() as folder:
        certificates = make_certificates(folder / "certificates")
        certificates.key.chmod(0o644)  # for a pop3d that runs as another user
        ground = Ground(folder, certificates, report, random.Random(options.seed), options.full)
        for name, run in GROUPS.items():
            if not options.only or name in options.only:
                run(ground)
        report.check("no secret is in any log", faults_config.no_secrets, ground)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
