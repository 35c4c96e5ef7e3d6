"""Help, the manual page, and wrong command lines. Run by ../options.py."""

import os
import re
import shutil
import subprocess

from harness import expect

from options.stage import Stage


def run(stage: Stage) -> None:
    check = stage.check
    check("--help, --version, and what is no option", helps, stage)
    for place in ("localhost:x", "localhost:65536", "localhost:", "[::1]995", "[::1", "localhost:0"):
        check(f"{place} is no server", no_server, stage, place)
    if shutil.which("man"):
        check("--man renders without a warning, and has every option", manual, stage)
    else:
        stage.report.skip("--man", "no man here")


def helps(stage: Stage) -> None:
    for option in ("--help", "-h"):
        ran = stage.pop3get(option)
        expect("Usage: pop3get [OPTIONS]" in ran.out and not ran.err, f"{option}: {ran}")
    for option in ("--version", "-V"):
        ran = stage.pop3get(option)
        expect(re.fullmatch(r"pop3get \d+\.\d+\.\d+\S*\n", ran.out), f"{option}: {ran}")
    stage.pop3get(code=2, says="name a server")
    stage.pop3get("--no-such-option", code=2, says="--no-such-option")
    drop, _ = stage.filled(1)
    stage.pop3get(stage.tls, *stage.ca, "--user", drop.user, *stage.password, code=2, says="--to: missing")


def no_server(stage: Stage, place: str) -> None:
    options = ("--user", "someone", *stage.password, *stage.ca, "--timeout", 1, "--to", stage.new_path())
    # Somebody may have written a password in the place of the port.
    stage.pop3get(place, *options, code=2, says=place.replace(":x", ":***"))


def manual(stage: Stage) -> str:
    page = stage.pop3get("--man").out
    rendered = subprocess.run(
        ["man", "--warnings=all", "-P", "cat", "-l", "/dev/stdin"], input=page, capture_output=True, text=True,
        check=False, env={**os.environ, "MANWIDTH": "100", "LC_ALL": "C.UTF-8", "MANROFFOPT": "-c"},
    )  # fmt: skip
    expect(rendered.returncode == 0 and not rendered.stderr, rendered.stderr)
    text = re.sub(r".\x08", "", rendered.stdout).replace("\u2010", "-").replace("\u2212", "-")
    options = set(re.findall(r"^ +(?:-\w, )?(--[a-z-]+)", stage.pop3get("--help").out, re.MULTILINE))
    missing = sorted(one for one in options if not re.search(rf"{one}\b(?!-)", text))
    expect(len(options) > 30 and not missing, f"not in the page: {missing}")
    return f"{len(options)} options, {len(text.splitlines())} lines"
