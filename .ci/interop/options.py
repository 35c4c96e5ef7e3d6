#!/usr/bin/env python3
"""Checks what each option of pop3get does, against pop3d, unless the other scripts of this folder show it.

Where a server has to misbehave, or has to be watched, a small one of our own stands in. The programs whose records
pop3get imports write those records themselves, if they are installed. By hand:

  cargo programs && .ci/interop/options.py
  .ci/interop/options.py --only mbox                                     (the checks with that word in their name)
"""

import argparse
import sys
from contextlib import ExitStack

from harness import need_programs, scratch_folder
from options import (
    accounts,
    imports,
    limits,
    maildirs,
    mboxes,
    methods,
    outputs,
    passwords,
    pipes,
    records,
    rules,
    transcripts,
    trust,
    urls,
    usage,
)
from options.stage import Stage

GROUPS = (
    urls,
    accounts,
    passwords,
    methods,
    trust,
    mboxes,
    pipes,
    maildirs,
    records,
    imports,
    rules,
    outputs,
    transcripts,
    limits,
    usage,
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="only the checks with this in their name")
    options = parser.parse_args()
    need_programs()
    with scratch_folder() as folder, ExitStack() as servers:
        stage = Stage(folder, servers, options.only)
        for group in GROUPS:
            group.run(stage)
        return stage.report.finish()


if __name__ == "__main__":
    sys.exit(main())
