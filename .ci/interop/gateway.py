#!/usr/bin/env python3
"""Checks that the OAuth gateway passes a maildrop on as it is, and loses nothing when one of its ends fails.

The real server is pop3d, with tokens only, or a stand-in that misbehaves on purpose; the devices are poplib, curl,
fetchmail and raw connections. A message arrives byte for byte or visibly cut, nothing is removed without a QUIT that
the real server confirmed, every failed login gets the right response code, and memory stays small for all sizes.
By hand:

  cargo programs && .ci/interop/gateway.py          (reduced, as in CI)
  .ci/interop/gateway.py --count 300 --big-mb 50    (full)
"""

import argparse
import sys

from gateway import downloads, failures, limits, logins, sizes, stops, tokens
from gateway.stage import Stage
from harness import need_programs, scratch_folder

GROUPS = (downloads, logins, tokens, failures, sizes, stops, limits)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=60, help="number of messages (default 60; in full 300)")
    parser.add_argument("--big-mb", type=int, default=5, help="size of the big message in MiB (default 5; in full 50)")
    options = parser.parse_args()
    need_programs()
    with scratch_folder() as folder:
        stage = Stage(folder, options.count, options.big_mb)
        for group in GROUPS:
            group.run(stage)
        return stage.report.finish()


if __name__ == "__main__":
    sys.exit(main())
