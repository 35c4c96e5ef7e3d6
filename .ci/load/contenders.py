"""The servers that are compared, each prepared so that it can be started as often as wanted. Nothing to run by hand."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import dovecot_settings
from dovecot import Dovecot
from harness import Pop3d, expect, make_certificates

# More than are ever open at once.
CONNECTIONS = 16_384


@dataclass
class Running:
    """A server that is running."""

    port: int
    pid: int


@dataclass
class Contender:
    name: str
    start: Callable[[], AbstractContextManager[Running]]


@contextmanager
def run_pop3d(folder: Path, maildirs: Path, users: list[str]) -> Iterator[Running]:
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "pop3d.toml"
    config.write_text(f"[limits]\nconnections = {CONNECTIONS}\nper-address = {CONNECTIONS}\n")
    flags = ("--config", config, "--log", "warn", "--maildir", maildirs / "%u")
    # Passwords of --user are compared as they are. For one from a file, argon2 makes the comparison slow on purpose.
    with Pop3d(*flags, certificates=make_certificates(folder), users=users) as server:
        yield Running(server.server.plain_port, server.process.pid)


@contextmanager
def run_dovecot(folder: Path, maildirs: Path, users: list[str], settings: str) -> Iterator[Running]:
    with Dovecot(folder, maildirs / "%u", make_certificates(folder), users, settings) as server:
        yield Running(server.server.plain_port, server.process.pid)
        # Most likely a limit was reached.
        expect(not server.logged(), f"Dovecot complains: {server.logged()[:2000]}")


def contenders(folder: Path, maildirs: Path, users: list[str]) -> tuple[Contender, Contender, Contender]:
    """pop3d, Dovecot set for load, and Dovecot with its default settings."""

    def dovecot_with(settings: str, name: str) -> Contender:
        return Contender(name, partial(run_dovecot, folder / name.replace(" ", "-"), maildirs, users, settings))

    return (
        Contender("pop3d", partial(run_pop3d, folder / "pop3d", maildirs, users)),
        dovecot_with(dovecot_settings.HIGH_PERFORMANCE, "Dovecot"),
        dovecot_with(dovecot_settings.DEFAULT, "Dovecot default"),
    )
