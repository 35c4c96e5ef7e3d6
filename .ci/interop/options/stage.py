"""What the checks of options have in common: the server, its users, and runs of pop3get. Run by ../options.py."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from clients import log_in_soon
from configured import SASL, certificate_field, make_client_certificate, plain_field, token_field, write_config
from corpus import crlf_form, read_maildir
from drivers.base import HOST_NAME
from fake import Answer, FakeServer
from harness import HOST, PANIC, PASSWORD, POP3GET, Certificates, Failed, Pop3d, Report, expect, make_certificates

TOKEN = "ya29.token-of-an-authorization-server"
USERS = 140
ODD_USER = "al ice@home;x%"
PATIENCE = 30
JSON_FIELDS = {
    "account", "fetched", "octets", "skipped", "previewed", "deleted", "unknown", "failed", "error", "exit",
    "reason", "note", "missing", "unreadable", "doubtful", "out_of_step",
}  # fmt: skip
WITH_PASSWORD = (
    "scram-sha-256-plus", "scram-sha-1-plus", "scram-sha-256", "scram-sha-1", "cram-md5", "apop", "plain", "login",
    "user",
)  # fmt: skip
WITH_TOKEN = ("oauthbearer", "xoauth2")


def message(number: int, lines: int = 3) -> bytes:
    return b"Subject: %d\nMessage-ID: <%d@example.org>\n\n" % (number, number) + b"text\n" * lines


@dataclass
class Ran:
    """What pop3get did."""

    code: int
    out: str
    err: str
    seconds: float


@dataclass
class Drop:
    """The maildrop of one user of pop3d."""

    user: str
    path: Path

    def fill(self, messages: Iterable[bytes], first: int = 1) -> list[bytes]:
        """Adds messages. Returns them as they are sent."""
        sent = []
        for number, octets in enumerate(messages, first):
            (self.path / "cur" / f"{1_700_000_000 + number}.m:2,S").write_bytes(octets)
            sent.append(crlf_form(octets))
        return sent

    def left(self) -> list[bytes]:
        return [crlf_form(octets) for octets in read_maildir(self.path).values()]


def five_messages(capabilities: bytes = b"UIDL\r\nTOP\r\nPIPELINING\r\nUSER\r\n", **answers: Answer) -> FakeServer:
    """A fake server whose maildrop has five messages, and that counts the commands that come at once."""
    numbers = range(1, 6)
    usual: dict[str, Answer] = {
        "CAPA": b"+OK\r\n" + capabilities + b".\r\n",
        "STAT": b"+OK 5 100\r\n",
        "LIST": b"+OK\r\n" + b"".join(b"%d 20\r\n" % n for n in numbers) + b".\r\n",
        "UIDL": b"+OK\r\n" + b"".join(b"%d id%d\r\n" % (n, n) for n in numbers) + b".\r\n",
        "RETR": lambda line: b"+OK\r\nSubject: %s\r\n\r\ntext\r\n.\r\n" % line.command.split()[1],
        **dict.fromkeys(("GREETING", "USER", "PASS", "DELE", "QUIT", "NOOP"), b"+OK\r\n"),
    }
    return FakeServer(usual, gather=0.01, **answers)


class Stage:
    """The server, its users, and what checks need of them."""

    def __init__(self, folder: Path, servers: ExitStack, only: str) -> None:
        self.folder = folder
        self.only = only
        self.report = Report()
        self.certificates: Certificates = make_certificates(folder / "certificates")
        self.client_cert, self.client_key = make_client_certificate(self.certificates, "external")
        self.fresh = 0
        self.users = 0
        names = [*(f"user{n}" for n in range(USERS)), ODD_USER, "external", "anonymous"]
        passwd = folder / "passwd"
        fields = {name: [plain_field(PASSWORD), token_field(TOKEN + name)] for name in names}
        fields["external"].append(certificate_field(self.client_cert))
        passwd.write_text("".join(f"{name}:{' '.join(own)}\n" for name, own in fields.items()))
        config = write_config(folder / "pop3d.toml", self.certificates, f"{folder}/mail/%u", passwd, SASL)
        with config.open("a") as file:
            file.write("failure-delay = 0\nanonymous = true\n")
        self.pop3d = servers.enter_context(Pop3d("--config", config, certificates=self.certificates, users=()))
        self.server = self.pop3d.server
        self.tls = f"{HOST}:{self.server.tls_port}"
        self.clear = f"{HOST}:{self.server.plain_port}"
        self.ca = ("--ca", self.server.ca)
        self.password = ("--password-env", "PW")

    def check(self, name: str, body: Callable[..., str | None], *arguments: object) -> None:
        if self.only in name:
            self.report.check(name, body, *arguments)

    def new_path(self) -> Path:
        self.fresh += 1
        return self.folder / f"place{self.fresh}"

    def drop(self, user: str = "") -> Drop:
        """An empty maildrop; of a new user if none is named."""
        if not user:
            user = f"user{self.users}"
            self.users += 1
        path = self.folder / "mail" / user
        shutil.rmtree(path, ignore_errors=True)
        for part in ("cur", "new", "tmp"):
            (path / part).mkdir(parents=True)
        return Drop(user, path)

    def filled(self, count: int = 3, lines: int = 3) -> tuple[Drop, list[bytes]]:
        drop = self.drop()
        return drop, drop.fill(message(number, lines) for number in range(1, count + 1))

    def run_any(self, *arguments: object, env: dict[str, str] | None = None, **options: object) -> Ran:
        """Runs it, and checks only for panics and secrets."""
        environment = {**os.environ, "PW": PASSWORD, "TZ": "UTC", **(env or {})}
        start = time.monotonic()
        try:
            done = subprocess.run(
                [str(POP3GET), *map(str, arguments)], env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                timeout=PATIENCE, check=False, **options,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise Failed(f"pop3get did not end within {PATIENCE} s") from None
        ran = Ran(done.returncode, done.stdout.decode(), done.stderr.decode(), time.monotonic() - start)
        text = ran.out + ran.err
        expect(PANIC not in text, text[:300])
        expect(PASSWORD not in text and TOKEN not in text, f"a secret is printed: {text}")
        return ran

    def pop3get(
        self, *arguments: object, code: int = 0, says: str = "", env: dict[str, str] | None = None, **options: object
    ) -> Ran:
        """Runs it. `says` must be in its standard error."""
        ran = self.run_any(*arguments, env=env, **options)
        text = ran.out + ran.err
        expect(ran.code == code, f"code {ran.code} instead of {code}: {text.strip()!r}; {list(map(str, arguments))}")
        expect(says in ran.err, f"not {says!r}, but {ran.err!r}")
        return ran

    def get(self, drop: Drop, to: object, *options: object, code: int = 0, says: str = "", **more: object) -> Ran:
        """Runs it with TLS and the password of the user."""
        login = (*self.ca, "--user", drop.user, *self.password)
        return self.pop3get(self.tls, *login, "--to", to, *options, code=code, says=says, **more)

    def free(self, drop: Drop) -> None:
        """Waits until the session that was broken off has ended."""
        log_in_soon(replace(self.server, user=drop.user))

    def stand_in_get(self, standin: FakeServer, *options: object, to: object = None, **more: object) -> Ran:
        login = ("--user", "someone", *self.password)
        return self.pop3get(
            "--plain", f"{HOST}:{standin.port}", *login, "--to", to or self.new_path(), *options, **more
        )

    def url(self, scheme: str, login: str) -> str:
        port = self.server.tls_port if scheme.endswith("s") else self.server.plain_port
        return f"{scheme}://{login}@{HOST_NAME}:{port}"


def delivered(maildir: Path) -> list[bytes]:
    """What is in new/, sorted. The messages of a check are in that order, too."""
    new = maildir / "new"
    return sorted(path.read_bytes() for path in new.iterdir()) if new.is_dir() else []


def entries(record: Path) -> list[str]:
    return record.read_text().splitlines()[1:] if record.exists() else []


def objects(ran: Ran) -> list[dict[str, object]]:
    """The JSON objects that were printed. Nothing else may be among them."""
    try:
        found = [json.loads(line) for line in ran.out.splitlines()]
    except ValueError:
        found = []
    expect(found and all(set(one) == JSON_FIELDS for one in found), f"not the objects: {ran.out!r}")
    return found
