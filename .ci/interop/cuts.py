#!/usr/bin/env python3
"""Checks that pop3get over a bad connection loses no message, delivers none twice, and never hangs.

Between pop3get and the server stands a proxy. In every TLS mode it cuts, resets, half-closes or holds up the connection
at any byte. Without TLS it also puts garbage, a changed byte, a refusal, a reply twice or one without end into the
dialogue. Each series has a maildrop of its own: first come sessions with a fault, at least one, then others until
pop3get has ended with code 0 twice. After every session each message in the Maildir must be complete and there once,
and every message that the server no longer has must be in the Maildir. At the end all messages must be there, and the
server must have kept what it was told to keep. By hand:

  .ci/interop/cuts.py --runs 300 [--seed 7] [--server dovecot]
  .ci/interop/cuts.py --seed 7 --only 123            (repeats one series)
  TMPDIR=/dev/shm .ci/interop/cuts.py --runs 10000   (full, with files in memory)

A third of the series cut the connection once after a certain number of bytes from either side, in a session that
empties a small maildrop; with enough series, after every byte. Some faults may make one reply look like another (see
cuts_faults.py); if pop3get was misled by one of those, it is counted apart.
"""

import argparse
import os
import random
import shutil
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from clients import MODES, PLAIN
from corpus import line_of, random_message
from cuts_faults import Cut, draw
from cuts_plan import Outcome, Place, Plan
from cuts_proxy import CLIENT, SERVER, Proxy
from cuts_series import Broken, Series
from dovecot import Dovecot
from harness import (
    Certificates,
    Failed,
    Pop3d,
    Report,
    expect,
    mail_owner,
    make_certificates,
    need_programs,
    scratch_folder,
)

RULES = ("--keep", "--delete", "--delete", "--delete-after", "--keep-count")
AUTHS = {"pop3d": ("", "", "user", "plain", "cram-md5", "scram-sha-256"), "dovecot": ("", "user", "plain")}
SMALL = [b"Subject: %d\n\n.\n..\n%b\n" % (number, b"x" * number) for number in range(3)]
CONFIG = "[limits]\nconnections = 1000\nper-address = 100\n[login]\nfailure-delay = 0\n"


class Stage:
    """The server, the places, and how much a session without a fault sends."""

    def __init__(self, folder: Path, options: argparse.Namespace) -> None:
        self.folder = folder
        self.options = options
        self.certificates: Certificates = make_certificates(folder / "certificates")
        self.places: list[Place] = []
        self.free: list[Place] = []
        self.lock = threading.Lock()
        self.running: Pop3d | Dovecot | None = None
        self.delivered = 0
        self.usual: dict[str, dict[str, int]] = {}
        self.cuts: list[tuple[str, int]] = []

    def start(self) -> None:
        mail = self.folder / "mail"
        for number in range(self.options.jobs):
            maildrop = mail / f"user{number}"
            for part in ("cur", "new", "tmp"):
                (maildrop / part).mkdir(parents=True)
            folder = self.folder / f"place{number}"
            folder.mkdir()
            # Failed logins of one place must not slow down the others.
            self.places.append(Place(f"user{number}", maildrop, Proxy(f"127.0.1.{number + 1}"), folder))
        self.free = list(self.places)
        users = [place.user for place in self.places]
        if self.options.server == "pop3d":
            config = self.folder / "pop3d.toml"
            config.write_text(CONFIG)
            flags = ("--config", config, "--log", "warn", "--maildir", mail / "%u")
            self.running = Pop3d(*flags, certificates=self.certificates, users=users)
        else:
            for path in (mail, *mail.rglob("*")):
                self.give_away(path)
            self.running = Dovecot(self.folder / "dovecot", mail / "%u", self.certificates, users)
        self.server = self.running.server

    def stop(self) -> None:
        """pop3d must still run, and must not have panicked."""
        for place in self.places:
            place.proxy.close()
        self.running.stop()

    def give_away(self, path: Path) -> None:
        if self.options.server == "dovecot" and os.geteuid() == 0:
            os.chown(path, *mail_owner())

    def measure(self) -> str:
        """How much each side sends if there is no message. Also checks that pop3get and the server work as they
        should.
        """
        for mode in MODES:
            outcome = self.run(Plan(0, mode, ["--delete"], [b"Subject: x\n\n"], [], []))
            if outcome.failure:
                raise Failed(str(outcome))
            self.usual[mode] = outcome.sessions[0].octets
        whole = self.run(Plan(0, PLAIN, ["--delete"], SMALL, [], [])).sessions[0].octets
        share = self.options.runs // 3
        text = []
        for side, part in ((SERVER, share * 4 // 5), (CLIENT, share // 5)):
            step = -(-(whole[side] + 1) // max(1, part))
            first = random.Random(self.options.seed).randrange(step)
            cuts = [(side, at) for at in range(first, whole[side] + 1, step)]
            self.cuts += cuts
            text.append(f"{len(cuts)} of {whole[side] + 1} places to cut after octets of the {side}")
        return ", ".join(text)

    def series(self, number: int) -> Outcome:
        """The cuts after each byte come first, then the others."""
        rng = random.Random(f"{self.options.seed} {number}")
        if number > len(self.cuts):
            return self.run(self.draw_plan(number, rng))
        options = ["--delete", *rng.choice(([], ["--no-pipelining"]))]
        return self.run(Plan(number, PLAIN, options, SMALL, [], [Cut(*self.cuts[number - 1])]))

    def draw_options(self, rng: random.Random) -> list[str]:
        rule = rng.choice(RULES)
        options = [rule]
        if rule == "--delete-after":
            options.append("0")
        elif rule == "--keep-count":
            options.append(str(rng.randrange(1, 5)))
        if auth := rng.choice(AUTHS[self.options.server]):
            options += ["--auth", auth]
        if rng.random() < 0.3:
            options.append("--no-pipelining")
        return options

    def draw_plan(self, number: int, rng: random.Random) -> Plan:
        mode = rng.choices(MODES, (5, 2, 3))[0]
        size = rng.choice((60, 60, 2000, 30_000))
        texts = []
        for at in range(rng.randint(3, 8)):
            text = random_message(rng)[: rng.randrange(size)] if rng.random() < 0.7 else line_of(rng.randrange(size))
            texts.append(b"Subject: %d\n\n" % at + text)
        first = rng.randint(1, len(texts)) if rng.random() < 0.3 else len(texts)
        sent = {side: count + 20 * len(texts) for side, count in self.usual[mode].items()}
        sent[SERVER] += sum(map(len, texts))
        options = self.draw_options(rng)
        faults = [
            draw(rng, mode != PLAIN, sent, len(texts), self.options.timeout)
            for _ in range(rng.choices((1, 2, 3), (6, 3, 2))[0])
        ]
        return Plan(number, mode, options, texts[:first], texts[first:], faults)

    def run(self, plan: Plan) -> Outcome:
        outcome = Outcome(plan)
        with self.lock:
            place = self.free.pop()
        try:
            Series(place, outcome, self.server, self.options.timeout, self.deliver).run()
        except Failed as error:
            outcome.misled = any(session.fault.blind for session in outcome.sessions)
            outcome.failure = "" if outcome.misled else str(error)
        except Broken as error:
            outcome.failure = str(error)
        finally:
            plan.messages, plan.late = [], []  # there are many plans, and many sessions
            if not outcome.failure:
                for session in outcome.sessions:
                    session.text, session.last = "", {}
            self.clear(place)
            with self.lock:
                self.free.append(place)
        return outcome

    def clear(self, place: Place) -> None:
        shutil.rmtree(place.target, ignore_errors=True)
        for part in ("new", "cur"):
            for path in (place.maildrop / part).iterdir():
                path.unlink(missing_ok=True)

    def deliver(self, place: Place, octets: bytes) -> str:
        """Returns the file name, which stays the same but for the flags."""
        with self.lock:
            self.delivered += 1
            name = f"{1_700_000_000 + self.delivered}.M1P1.cuts"
        path = place.maildrop / "tmp" / name
        path.write_bytes(octets)
        self.give_away(path)
        path.rename(place.maildrop / "new" / name)
        return name


def summary(kind: str, outcomes: list[Outcome]) -> str:
    """Prints the counts of one kind of fault. Fails if a series did in which it struck, or if it struck in none."""
    failed = [outcome for outcome in outcomes if outcome.failure and kind in outcome.struck()]
    sessions = [session for outcome in outcomes for session in outcome.sessions if session.fault.kind == kind]
    struck = [session for session in sessions if session.fault.struck]
    codes = Counter(session.code for session in struck)
    modes = Counter(outcome.plan.mode for outcome in outcomes)
    misled = sum(
        outcome.misled and any(session.fault.blind and session.fault.kind == kind for session in outcome.sessions)
        for outcome in outcomes
    )
    text = (
        f"{len(outcomes)} series ({', '.join(f'{mode} {modes[mode]}' for mode in MODES if modes[mode])}),"
        f" struck {len(struck)} of {len(sessions)} sessions;"
        f" codes {', '.join(f'{code}: {codes[code]}' for code in sorted(codes))};"
        f" longest {max(session.seconds for session in sessions):.1f} s"
        + (f"; {misled} misled by replies that look alike" if misled else "")
    )
    expect(not failed, f"{len(failed)} failed; {text}")
    return text


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=300, help="number of series (default 300; in full 10000)")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="random seed, which is printed, too")
    parser.add_argument("--only", type=int, metavar="SERIES", help="only this series of those with the same --runs")
    parser.add_argument("--server", choices=AUTHS, default="pop3d")
    parser.add_argument("--jobs", type=int, default=16, help="series at a time (default 16)")
    parser.add_argument("--timeout", type=int, default=2, help="time-out of pop3get in seconds (default 2)")
    options = parser.parse_args()
    need_programs()
    print(f"seed {options.seed}")
    report = Report()
    with scratch_folder() as folder:
        stage = Stage(folder, options)
        report.check(f"{options.server} starts", stage.start)
        if stage.running:
            try:
                report.check("without a fault", stage.measure)
                if not report.failed:
                    run_all(stage, options, report)
            finally:
                report.check(f"{options.server} ends as it should", stage.stop)
    return report.finish()


def run_all(stage: Stage, options: argparse.Namespace, report: Report) -> None:
    """Prints failures as they come, and the counts at the end."""
    numbers = [options.only] if options.only else range(1, options.runs + 1)
    kinds: dict[str, list[Outcome]] = {}
    sessions = peak = 0
    start = time.monotonic()
    with ThreadPoolExecutor(options.jobs) as pool:
        for done, outcome in enumerate(pool.map(stage.series, numbers), 1):
            if outcome.failure:
                print(f"FAIL {outcome}", flush=True)
            if done % max(100, len(numbers) // 10) == 0:
                print(f"{done} of {len(numbers)} series, {time.monotonic() - start:.0f} s", flush=True)
            for kind in dict.fromkeys(session.fault.kind for session in outcome.sessions):
                kinds.setdefault(kind, []).append(outcome)
            sessions += len(outcome.sessions)
            peak = max(peak, *(session.peak_kib for session in outcome.sessions))
    for kind in sorted(kinds):
        report.check(kind, summary, kind, kinds[kind])
    seconds = time.monotonic() - start
    print(f"{len(numbers)} series, {sessions} sessions, {seconds:.0f} s; at most {peak} KiB each", flush=True)


if __name__ == "__main__":
    sys.exit(main())
