#!/usr/bin/env python3
"""Proves what each option of pop3get does, against pop3d, as far as the other scripts of this folder do not show it.

Where a server has to misbehave, or has to be watched, a small one of our own stands in. The programs whose records
pop3get imports write those records themselves, if they are installed. By hand:

  cargo build --release --examples -p pop3-proto --all-features && .ci/interop/options.py
  .ci/interop/options.py --only mbox                                     (the checks with that word in their name)
"""

import argparse
import base64
import hashlib
import json
import os
import re
import resource
import shutil
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from clients import PLAIN, log_in_soon, run
from configured import (
    SASL,
    certificate_field,
    logged_methods,
    make_client_certificate,
    plain_field,
    token_field,
    write_config,
)
from corpus import crlf_form, read_maildir
from drivers.base import HOST_NAME, Driver, Errand, Login
from drivers.getmail import Getmail
from drivers.mpop import Mpop
from fake import HOLD, Answer, Drip, FakeServer
from harness import (
    HOST,
    PANIC,
    PASSWORD,
    POP3GET,
    Certificates,
    Failed,
    Pop3d,
    Report,
    expect,
    give_to_mail_owner,
    mail_owner,
    make_certificates,
    need_programs,
    scratch_folder,
    shown,
)

TOKEN = "ya29.token-of-an-authorization-server"
USERS = 140
ODD_USER = "al ice@home;x%"
PATIENCE = 30
FROM_LINE = rb"From MAILER-DAEMON (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ 1-3]\d \d\d:\d\d:\d\d \d{4}\n"
JSON_FIELDS = {
    "account", "fetched", "octets", "skipped", "previewed", "deleted", "unknown", "failed", "error", "exit",
}  # fmt: skip
DAY = 24 * 60 * 60
WITH_PASSWORD = (
    "scram-sha-256-plus", "scram-sha-1-plus", "scram-sha-256", "scram-sha-1", "cram-md5", "apop", "plain", "login",
    "user",
)  # fmt: skip
WITH_TOKEN = ("oauthbearer", "xoauth2")
# Lines of a transcript: the octets behind C and S are ASCII with escapes, and their line end is written out.
ESCAPED = r"(?:[ -\[\]-~]|\\[\\rnt0]|\\x[0-9a-f]{2})*"
TRANSCRIPT_LINE = re.compile(rf"#(?: .*)?|role: client|events: any|set: tls|TLS|C: {ESCAPED}\\r\\n|S: {ESCAPED}\\r\\n")


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
        """Adds messages; returns them as they are sent."""
        sent = []
        for number, octets in enumerate(messages, first):
            (self.path / "cur" / f"{1_700_000_000 + number}.m:2,S").write_bytes(octets)
            sent.append(crlf_form(octets))
        return sent

    def left(self) -> list[bytes]:
        return [crlf_form(octets) for octets in read_maildir(self.path).values()]


class WithIds(Driver):
    """fetchmail as far as it keeps unique-ids, which the driver for logins does not ask for."""

    def fetch(self, errand: Errand) -> list[bytes]:
        store = errand.folder / "store"
        control = errand.folder / "fetchmailrc"
        control.touch(0o600)
        control.write_text(
            f"set no bouncemail\nset no syslog\npoll {HOST_NAME} protocol pop3 service {errand.port} timeout 20"
            " auth password uidl\n"
            f'user "{errand.login.user}" password "{errand.login.secret}" keep\n'
            f"sslproto '' mda \"sh -c 'cat >$(mktemp {store}XXXXXX)'\"\n"
        )
        files = ["--fetchmailrc", control, "--idfile", errand.folder / "ids", "--pidfile", errand.folder / "pid"]
        run(["fetchmail", *files], "fetchmail", env={**os.environ, "FETCHMAILHOME": str(errand.folder)})
        return [path.read_bytes() for path in errand.folder.glob("store?*")]


def five_messages(capabilities: bytes = b"UIDL\r\nTOP\r\nPIPELINING\r\nUSER\r\n", **answers: Answer) -> FakeServer:
    """A fake server whose maildrop has so many, and that counts the commands that come at once."""
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
    """The server, its users, and the checks."""

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
        """An empty maildrop, of a user who has not been here before if none is named."""
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
        """Runs it, and looks for nothing but panics and secrets."""
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
        """Runs it; `says` has to stand in what it prints on standard error."""
        ran = self.run_any(*arguments, env=env, **options)
        text = ran.out + ran.err
        expect(ran.code == code, f"code {ran.code} instead of {code}: {text.strip()!r}; {list(map(str, arguments))}")
        expect(says in ran.err, f"not {says!r}, but {ran.err!r}")
        return ran

    def get(self, drop: Drop, to: object, *options: object, code: int = 0, says: str = "", **more: object) -> Ran:
        """With TLS and the password of the user."""
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

    def run(self) -> int:
        self.urls()
        self.accounts()
        self.secrets()
        self.methods()
        self.trust()
        self.mboxes()
        self.pipes()
        self.maildirs()
        self.records()
        self.imports()
        self.rules()
        self.outputs()
        self.limits()
        self.itself()
        return self.report.finish()

    # POP URLs

    def urls(self) -> None:
        check = self.check
        check("URL: pops, pop, pop3s and pop3: TLS, or STLS", self.url_schemes)
        check("URL: AUTH=", self.url_methods)
        check("URL: a user name with escapes", self.url_escapes)
        check("URL: options win", self.url_options)
        check("URL: malformed ones are refused, nothing is made", self.url_malformed)
        for scheme, option in (("pops", "--stls"), ("pops", "--plain"), ("pop", "--tls")):
            check(f"URL: {scheme} and {option} is a contradiction", self.url_contradicted, scheme, option)

    def url(self, scheme: str, login: str) -> str:
        port = self.server.tls_port if scheme.endswith("s") else self.server.plain_port
        return f"{scheme}://{login}@{HOST_NAME}:{port}"

    def url_schemes(self) -> None:
        for scheme in ("pops", "pop", "pop3s", "pop3", "POPS", "Pop"):
            drop, sent = self.filled()
            to, transcript = self.new_path(), self.new_path()
            url = self.url(scheme.lower(), drop.user).replace(scheme.lower(), scheme, 1)
            self.pop3get(url, *self.ca, *self.password, "--to", to, "--transcript", transcript)
            expect(delivered(to) == sent, f"{scheme}: {delivered(to)}")
            first = "set: tls" if scheme.lower().endswith("s") else "C: STLS"
            text = transcript.read_text()
            expect(first in text and ("C: STLS" in text) == (first == "C: STLS"), f"{scheme}: {text[:200]}")

    def url_methods(self) -> str:
        methods = {
            "SCRAM-SHA-256": "SCRAM-SHA-256", "cram-md5": "CRAM-MD5", "%50LAIN": "PLAIN", "+APOP": "APOP",
            "*": None, "LOGIN": "LOGIN", "SCRAM-SHA-1-PLUS": "SCRAM-SHA-1-PLUS",
        }  # fmt: skip
        for written, method in methods.items():
            drop, sent = self.filled(1)
            to, since = self.new_path(), len(self.pop3d.output)
            self.pop3get(self.url("pops", f"{drop.user};AUTH={written}"), *self.ca, *self.password, "--to", to)
            expect(delivered(to) == sent, f"{written}: nothing came")
            used = logged_methods(self.pop3d, since, drop.user)
            expect(method is None or used == {method}, f"{written}: {used}")
            expect(method == "APOP" or used != {"APOP"}, f"{written}: APOP, which nobody named")
        return f"{len(methods)} forms"

    def url_escapes(self) -> None:
        drop = self.drop(ODD_USER)
        sent = drop.fill([message(1)])
        to = self.new_path()
        url = self.url("pops", "al%20ice%40home%3bx%25")
        self.pop3get(url, *self.ca, *self.password, "--to", to)
        expect(delivered(to) == sent, "nothing came")
        records = [path.name for path in to.iterdir() if path.is_file() and not path.name.endswith(".lock")]
        port = url.rpartition(":")[2]
        expect(records == [f".pop3get-al%20ice@home%3Bx%25@localhost,{port}"], f"the record is {records}")

    def url_options(self) -> None:
        drop, sent = self.filled(1)
        to, since = self.new_path(), len(self.pop3d.output)
        options = (*self.ca, *self.password, "--user", drop.user, "--auth", "plain", "--to", to)
        self.pop3get(self.url("pops", "nobody;AUTH=CRAM-MD5"), *options)
        expect(delivered(to) == sent, "the user of the URL")
        used = logged_methods(self.pop3d, since, drop.user)
        expect(used == {"PLAIN"}, f"--auth does not win: {used}")
        drop, sent = self.filled(1)
        to, transcript = self.new_path(), self.new_path()
        self.pop3get(self.url("pop", drop.user), "--plain", *self.password, "--to", to, "--transcript", transcript)
        expect(delivered(to) == sent and "STLS\\r\\n" not in text_of_client(transcript), "pop with --plain: STLS")
        self.pop3get(f"pops://{HOST_NAME}:1", *self.ca, *self.password, "--to", to, code=2, says="--user: missing")

    def url_malformed(self) -> str:
        to = self.new_path()
        bad = {
            "pops://ann:secret@localhost": "a password, which has no place in a URL",
            "http://ann@localhost": "octet 0: the scheme is not pop",
            "pops://ann@localhost/inbox": "ends with its host and port",
            "pops://ann@localhost:0": "no port from 1 to 65535",
            "pops://ann@localhost:65536": "no port from 1 to 65535",
            "pops://ann@": "no host",
            "pops://@localhost": "no user name",
            "pops://an%0An@localhost": "control characters",
            "pops://an%ff@localhost": "not UTF-8",
            "pops://an%4@localhost": "broken %XX",
            "pops://ann;AUTH=@localhost": "not AUTH=",
            "pops://ann;TYPE=a@localhost": "not AUTH=",
            "pops://ann;AUTH=NTLM@localhost": "method NTLM: not known",
        }
        for url, why in bad.items():
            ran = self.pop3get(url, *self.ca, *self.password, "--to", to, code=2, says=why)
            expect(not ran.out, ran.out)
        expect(not to.exists(), "something was made")
        return f"{len(bad)} forms"

    def url_contradicted(self, scheme: str, option: str) -> None:
        drop, _ = self.filled(1)
        login = (*self.ca, *self.password, "--to", self.new_path(), "--timeout", 1)
        self.pop3get(self.url(scheme, drop.user), *login, option, code=2, says="do not agree")

    # Accounts

    def accounts(self) -> None:
        check = self.check
        check("accounts: all of a file, or those that are named", self.all_accounts)
        check("accounts: an unknown name, an unknown key, a wrong value: code 2, and where", self.bad_file)
        contradictions: list[dict[str, object]] = [
            {"tls": True, "plain": True}, {"keep": True, "delete": True}, {"password_file": "/dev/null"},
            {"cert": str(self.client_cert)},
        ]  # fmt: skip
        for keys in contradictions:
            name = " and ".join(key.replace("_", "-") for key in keys)
            check(f"accounts: a file may not say {name} either", self.file_contradicts, keys)
        check("accounts: options of an account beside --config are not passed over", self.beside_config)
        check("accounts: one fails, the others go on, the worst code counts", self.one_fails)
        check("accounts: several URLs on the command line", self.several_urls)
        check("accounts: two do not share a record", self.shared_record)

    def table(self, name: str, drop: Drop, place: object, **keys: object) -> str:
        fields: dict[str, object] = {
            "server": self.tls, "user": drop.user, "password-env": "PW", "to": str(place), "ca": str(self.server.ca),
        }  # fmt: skip
        fields.update({key.replace("_", "-"): value for key, value in keys.items()})
        return f"[account.{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in fields.items())

    def file_of(self, *tables: str) -> Path:
        path = self.new_path()
        path.write_text("".join(tables))
        return path

    def all_accounts(self) -> None:
        drops = {name: self.filled(2) for name in ("one", "two", "three")}
        places = {name: self.new_path() for name in drops}
        keys: dict[str, dict[str, object]] = {
            "one": {"auth": ["scram-sha-256", "plain"], "delete": True},
            "two": {"server": self.clear, "stls": True, "size_limit": 10, "preview": 1},
            "three": {"to": f"mbox:{places['three']}", "keep_count": 1, "no_pipelining": True, "timeout": 20},
        }
        tables = [self.table(name, drops[name][0], places[name], **keys[name]) for name in drops]
        config = self.file_of(*tables)
        ran = self.pop3get("--config", config, "two", "one", "--json")
        expect([one["account"] for one in objects(ran)] == ["two", "one"], f"not in the order asked for: {ran.out}")
        expect(delivered(places["one"]) == drops["one"][1] and not drops["one"][0].left(), "one")
        heads = [octets.split(b"\r\n\r\n")[0] + b"\r\n\r\ntext\r\n" for octets in drops["two"][1]]
        expect(delivered(places["two"]) == heads, f"two: {delivered(places['two'])}")
        expect(not places["three"].exists(), "three was not asked for")
        ran = self.pop3get("--config", config, "--json")
        expect(sorted(one["account"] for one in objects(ran)) == ["one", "three", "two"], ran.out)
        expect(len(re.findall(rb"^From ", places["three"].read_bytes(), re.MULTILINE)) == 2, "three")
        expect(drops["three"][0].left() == drops["three"][1][1:], "keep-count of three")

    def bad_file(self) -> None:
        drop, _ = self.filled(1)
        to = self.new_path()
        good = self.table("one", drop, to)
        bad = [
            (good, ["nobody"], "no [account.nobody]"),
            (good, ["one", "one"], "one"),
            (good + "kepe = true\n", [], "line 7"),
            (good + "delete-after = -1\n", [], "line 7"),
            (good + 'delete-after = "3"\n', [], "line 7"),
            (good + 'auth = ["ntlm"]\n', [], "one: method ntlm: not known"),
            (good + "[accounts.two]\n", [], "line 7"),
            (good.replace("server", "# server"), [], "[account.one] has no server"),
            (good.replace("user", "# user"), [], "one: --user: missing"),
            ("", [], "account"),
            ("[account]\n", [], "none"),
            ("[account.one\n", [], "line 1"),
        ]
        for text, names, says in bad:
            self.pop3get("--config", self.file_of(text), *names, code=2, says=says)
        self.pop3get("--config", self.new_path(), code=2, says="No such file")
        expect(not to.exists(), "something was made")

    def file_contradicts(self, keys: dict[str, object]) -> None:
        """What the command line refuses; there is a password-env, and no key, in each table."""
        drop, _ = self.filled(1)
        self.pop3get("--config", self.file_of(self.table("one", drop, self.new_path(), timeout=1, **keys)), code=2)

    def beside_config(self) -> None:
        """Either they count, or they are refused."""
        drop, _ = self.filled(2)
        to = self.new_path()
        config = self.file_of(self.table("one", drop, to))
        ran = self.run_any("--config", config, "--delete")
        expect(ran.code == 2 or not drop.left(), f"code {ran.code}, --delete did nothing: {ran.out.strip()!r}")

    def one_fails(self) -> None:
        good, sent = self.filled(2)
        login, network, disk = (self.filled(1)[0] for _ in range(3))
        place = self.new_path()
        in_the_way = self.new_path()
        in_the_way.write_bytes(b"")
        tables = {
            "a-login": self.table("a-login", login, self.new_path(), password_env="WRONG"),
            "b-network": self.table("b-network", network, self.new_path(), server=f"{HOST}:1"),
            "c-disk": self.table("c-disk", disk, in_the_way),
            "d-good": self.table("d-good", good, place),
        }
        config = self.file_of(*tables.values())
        codes = {"a-login": 3, "b-network": 4, "c-disk": 6, "d-good": 0}
        env = {"WRONG": "not it"}
        for names in (["a-login", "d-good"], ["b-network", "a-login", "d-good"], ["c-disk", "b-network"], []):
            asked = names or sorted(codes)
            ran = self.pop3get("--config", config, *names, "--json", code=max(codes[one] for one in asked), env=env)
            results = objects(ran)
            expect([one["account"] for one in results] == asked, f"{results}")
            for one in results:
                expect(one["exit"] == codes[one["account"]], f"{one}")
                expect((one["error"] is None) == (one["exit"] == 0), f"{one}")
                expect(f"pop3get: {one['account']}: " in ran.err or one["exit"] == 0, ran.err)
            self.free(good)
        expect(delivered(place) == sent, "the good one did not go on")

    def several_urls(self) -> None:
        drops = [self.filled(2) for _ in range(2)]
        to = self.new_path()
        places = [self.url("pops", drop.user) for drop, _ in drops]
        ran = self.pop3get(*places, *self.ca, *self.password, "--to", to, "--json")
        names = [f"{drop.user}@{HOST_NAME}" for drop, _ in drops]
        expect([one["account"] for one in objects(ran)] == names, ran.out)
        expect(delivered(to) == sorted(drops[0][1] + drops[1][1]), "not what was sent")
        records = {path.name for path in to.iterdir() if path.is_file() and not path.name.endswith(".lock")}
        port = places[0].rpartition(":")[2]
        expect(records == {f".pop3get-{name},{port}" for name in names}, f"the records: {records}")

    def shared_record(self) -> None:
        """Unique-ids are unique in one maildrop: in two they may be the same."""
        drops = [self.drop() for _ in range(2)]
        sent = [drop.fill([b"Subject: of %d\n\ntext\n" % n]) for n, drop in enumerate(drops)]
        to, record = self.new_path(), self.new_path()
        places = [self.url("pops", drop.user) for drop in drops]
        ran = self.run_any(*places, *self.ca, *self.password, "--to", to, "--record", record)
        got = delivered(to)
        expect(ran.code == 2 or got == sorted(sent[0] + sent[1]), f"code {ran.code}, {len(got)} of 2 messages came")

    # Passwords and tokens

    def secrets(self) -> None:
        check = self.check
        check("password: from a variable", self.from_env)
        check("password: from a file, its first line", self.from_file)
        check("password: from a command, the first line of its output", self.from_command)
        check("token: from a variable and from a command", self.tokens)
        check("password: one source only", self.one_source)

    def secret(self, drop: Drop, *options: object, code: int = 0, says: str = "", **more: object) -> Ran:
        user = (*self.ca, "--user", drop.user, "--to", self.new_path())
        return self.pop3get(self.tls, *user, *options, code=code, says=says, **more)

    def from_env(self) -> None:
        drop, _ = self.filled(1)
        self.secret(drop, "--password-env", "MINE", env={"MINE": PASSWORD})
        self.secret(drop, "--password-env", "NOT_SET", code=2, says="--password-env NOT_SET: environment variable not")
        self.secret(drop, "--password-env", "EMPTY", code=3, env={"EMPTY": ""})
        self.secret(drop, "--password-env", "WRONG", code=3, says="login refused", env={"WRONG": PASSWORD + " "})
        self.secret(drop, code=3, says="no login method that server, credentials and policy have in common")

    def from_file(self) -> None:
        drop, _ = self.filled(1)
        path = self.new_path()
        for text in (PASSWORD, f"{PASSWORD}\n", f"{PASSWORD}\r\n", f"{PASSWORD}\nsecond line\n"):
            path.write_text(text, newline="")
            self.secret(drop, "--password-file", path)
        for text in ("", f"\n{PASSWORD}\n", f" {PASSWORD}\n"):
            path.write_text(text)
            self.secret(drop, "--password-file", path, code=3)
        path.write_bytes(b"\xff\n")
        self.secret(drop, "--password-file", path, code=2, says=f"--password-file {path}: ")
        self.secret(drop, "--password-file", self.new_path(), code=2, says="No such file")

    def from_command(self) -> None:
        drop, _ = self.filled(1)
        path = self.new_path()
        path.write_text(f"{PASSWORD}\nsecond line\nthird\n")
        self.secret(drop, "--password-command", f"cat {path}")
        self.secret(drop, "--password-command", f"head -n 1 {path} | tr -d '\\n'")
        bad = {
            "exit 3": "--password-command: exit status: 3",
            f"cat {path}; exit 1": "--password-command: exit status: 1",
            "kill -9 $$": "signal: 9",
            "true": "--password-command: it printed nothing",
            f"echo; cat {path}": "--password-command: it printed nothing",
            "printf '\\377\\n'": "not UTF-8",
            "/no/such/program": "127",
        }
        for command, says in bad.items():
            self.secret(drop, "--password-command", command, code=3, says=says)
        ran = self.secret(drop, "--password-command", "echo why it failed >&2; exit 1", code=3)
        expect("why it failed" in ran.err, f"what the command says is lost: {ran.err!r}")

    def tokens(self) -> None:
        drop, _ = self.filled(1)
        path = self.new_path()
        path.write_text(f"{TOKEN}{drop.user}\nsecond line\n")
        env = {"TOKEN": TOKEN + drop.user, "WRONG": "xx" + TOKEN[:8]}
        for method in WITH_TOKEN:
            for source in (("--token-env", "TOKEN"), ("--token-command", f"cat {path}")):
                since = len(self.pop3d.output)
                self.secret(drop, *source, "--auth", method, env=env)
                used = logged_methods(self.pop3d, since, drop.user)
                expect(used == {method.upper()}, f"{method}: {used}")
            refused = f"login refused ({method})"
            self.secret(drop, "--token-env", "WRONG", "--auth", method, code=3, says=refused, env=env)
        self.secret(drop, "--token-env", "TOKEN", env=env)
        self.secret(drop, "--token-env", "NOT_SET", code=2, says="--token-env NOT_SET")
        self.secret(drop, "--token-command", "false", code=3, says="--token-command: exit status: 1")
        self.secret(drop, "--token-command", "true", code=3, says="--token-command: it printed nothing")
        self.secret(drop, "--token-env", "TOKEN", "--auth", "plain", code=3, says="no login method", env=env)

    def one_source(self) -> None:
        drop, _ = self.filled(1)
        self.secret(drop, "--password-env", "PW", "--password-file", "/dev/null", code=2, says="cannot be used with")
        self.secret(drop, "--password-env", "PW", "--token-env", "PW", code=2, says="cannot be used with")

    # Methods

    def methods(self) -> None:
        check = self.check
        check("--auth: each method, alone", self.each_method)
        check("--auth: external, with --cert and --key", self.external)
        for how in ("--auth anonymous", "--auth ANONYMOUS", "a URL with AUTH=ANONYMOUS"):
            check(f"anonymous, by {how}", self.anonymous, how)
        check("--auth: a list; a name that is not one", self.lists)

    def each_method(self) -> str:
        for method in WITH_PASSWORD:
            for name in (method, method.upper()):
                drop, sent = self.filled(1)
                to, since = self.new_path(), len(self.pop3d.output)
                self.get(drop, to, "--auth", name)
                expect(delivered(to) == sent, f"{name}: nothing came")
                used = logged_methods(self.pop3d, since, drop.user)
                expect(used == {method.upper()}, f"{name}: {used}")
        return f"{len(WITH_PASSWORD)} methods"

    def external(self) -> None:
        drop = self.drop("external")
        sent = drop.fill([message(1)])
        certificate = ("--cert", self.client_cert, "--key", self.client_key)
        for options in (("--auth", "external"), (), ("--user", "external")):
            to, since = self.new_path(), len(self.pop3d.output)
            self.pop3get(self.tls, *self.ca, *certificate, *options, "--to", to)
            expect(delivered(to) == sent, f"{options}: nothing came")
            used = logged_methods(self.pop3d, since, "external")
            expect(used == {"EXTERNAL"}, f"{options}: {used}")
        to = self.new_path()
        self.pop3get(self.clear, "--stls", *self.ca, *certificate, "--to", to)
        expect(delivered(to) == sent, "with STLS nothing came")
        base = (self.tls, *self.ca, "--user", "external", "--to", to)
        self.pop3get(*base, "--cert", self.client_cert, code=2, says="--key")
        self.pop3get(*base, "--key", self.client_key, code=2, says="--cert")
        self.pop3get(*base, "--cert", self.client_cert, "--key", self.certificates.key, code=2)
        self.pop3get(*base, "--cert", self.new_path(), "--key", self.client_key, code=2, says="No such file")
        self.pop3get(*base, "--auth", "external", code=3, says="no login method")

    def anonymous(self, how: str) -> None:
        drop = self.drop("anonymous")
        sent = drop.fill([message(1)])
        to = self.new_path()
        place = [self.tls, *how.split()] if how.startswith("--") else [self.url("pops", "guest;AUTH=ANONYMOUS")]
        self.pop3get(*place, *self.ca, "--to", to)
        expect(delivered(to) == sent, "nothing came")

    def lists(self) -> None:
        drop, _ = self.filled(1)
        for options in (("--auth", "login,cram-md5"), ("--auth", "login", "--auth", "cram-md5")):
            since = len(self.pop3d.output)
            self.get(drop, self.new_path(), *options)
            used = logged_methods(self.pop3d, since, drop.user)
            expect(used == {"CRAM-MD5"}, f"{options}: not the best of them, but {used}")
        for bad in ("ntlm", "plain,ntlm", "", "plain,", "plain login", "digest-md5"):
            to = self.new_path()
            self.get(drop, to, "--auth", bad, code=2)
            expect(not to.exists(), f"--auth {bad!r}: something was made")

    # Whom to trust

    def trust(self) -> None:
        check = self.check
        check("--pin: right, and wrong", self.pins)
        check("--pin: malformed", self.malformed_pins)
        check("--pin: the usual checks come first", self.pin_and_ca)
        check("--ca: missing, empty, of somebody else", self.authorities)
        check("--stls where it is missing: no password is sent", self.no_stls)
        check("--tls, --stls, --plain: one of them", self.one_security)

    def pin(self) -> str:
        key = subprocess.run(
            ["openssl", "pkey", "-in", self.certificates.key, "-pubout", "-outform", "DER"],
            check=True, capture_output=True,
        )  # fmt: skip
        return hashlib.sha256(key.stdout).hexdigest()

    def pins(self) -> None:
        drop, sent = self.filled(1)
        right = self.pin()
        for pin in (right, right.upper()):
            to = self.new_path()
            self.get(drop, to, "--pin", f"sha256:{pin}")
            expect(delivered(to) == sent, "nothing came")
        login = ("--user", drop.user, *self.password, *self.ca)
        self.pop3get("--stls", self.clear, *login, "--to", self.new_path(), "--pin", f"sha256:{right}")
        wrong = ("0" if right[0] != "0" else "1") + right[1:]
        for mode, place in (("--tls", self.tls), ("--stls", self.clear)):
            options = ("--to", self.new_path(), "--pin", f"sha256:{wrong}")
            self.pop3get(mode, place, *login, *options, code=4, says="the server's key is not the pinned one")

    def malformed_pins(self) -> str:
        drop, _ = self.filled(1)
        right = self.pin()
        malformed = [
            right, f"sha1:{right}", f"SHA256:{right}", "sha256:", f"sha256:{right[1:]}", f"sha256:{right}0",
            f"sha256:g{right[1:]}", f"sha256: {right[1:]}", "", "sha256:" + "é" * 32, f"sha256:+{right[1:]}",
        ]  # fmt: skip
        for pin in malformed:
            self.get(drop, self.new_path(), "--pin", pin, code=2, says="not sha256: and 64 hexadecimal digits")
        return f"{len(malformed)} forms"

    def pin_and_ca(self) -> None:
        drop, _ = self.filled(1)
        other = make_certificates(self.new_path())
        options = ("--user", drop.user, *self.password, "--to", self.new_path(), "--pin", f"sha256:{self.pin()}")
        self.pop3get(self.tls, "--ca", other.ca, *options, code=4, says="TLS handshake: invalid peer certificate")

    def authorities(self) -> None:
        drop, _ = self.filled(1)
        other = make_certificates(self.new_path())
        empty = self.new_path()
        empty.write_bytes(b"")
        torn = self.new_path()
        torn.write_bytes(self.certificates.ca.read_bytes()[:200])
        for ca, code, says in [
            (self.new_path(), 2, "No such file"), (empty, 2, "no certificate in it"), (torn, 2, f"--ca {torn}"),
            (self.certificates.key, 2, "no certificate in it"), (other.ca, 4, "invalid peer certificate"),
        ]:  # fmt: skip
            options = ("--user", drop.user, *self.password, "--to", self.new_path())
            self.pop3get(self.tls, "--ca", ca, *options, code=code, says=says)

    def no_stls(self) -> None:
        for capabilities in (b"UIDL\r\nUSER\r\nSASL PLAIN\r\n", b"UIDL\r\nSTLS\r\nUSER\r\n"):
            with five_messages(capabilities) as standin:
                options = (*self.ca, "--user", "someone", *self.password, "--to", self.new_path())
                says = "offers no STLS" if b"STLS" not in capabilities else "refused STLS"
                self.pop3get("--stls", f"{HOST}:{standin.port}", *options, code=3, says=says)
                sent = set(re.findall(rb"^\w+", standin.received, re.MULTILINE))
                expect(sent <= {b"CAPA", b"STLS", b"QUIT"}, f"sent: {bytes(standin.received)!r}")

    def one_security(self) -> None:
        drop, _ = self.filled(1)
        for two in (("--tls", "--stls"), ("--stls", "--plain"), ("--tls", "--plain")):
            self.get(drop, self.new_path(), *two, code=2, says="cannot be used with")

    # mbox

    def mboxes(self) -> None:
        check = self.check
        check("mbox: exact octets", self.mbox_form)
        check("mbox: a file that does not end in an empty line", self.mbox_unended)
        check("mbox: nothing new leaves it alone", self.mbox_again)
        check("mbox: a foreign FILE.lock is waited for", self.dot_lock)
        check("mbox: a foreign FILE.lock that stays: code 6, nothing changed", self.dot_lock_stays)
        check("mbox: a lock of a process that died is taken over", self.dead_lock)
        check("mbox: a flock of another process is waited for", self.flock)
        check("mbox: a flock that stays ends with --max-time", self.flock_stays)
        check("mbox: no room: the file is as it was", self.mbox_full)
        check("mbox: a folder in its place", self.mbox_folder)

    def mbox_form(self) -> None:
        drop = self.drop()
        messages = [
            b"Subject: 1\n\nFrom me\n>From you\n>>>From them\n From here\nFrom: there\nfrom us\nFromage\n",
            b"Subject: 2\r\n\r\n.dot\r\n..dots\r\nno line end",
            b"From no header at all\nSubject: 3\n\na\rb\r\n",
            b"Subject: 4\n\n" + b"x" * 70_000 + b"\n" + b"y" * 65_535 + b"\r\n" + b"z" * 65_536 + b"From \n\xff\0\n",
            b"\n",
        ]
        drop.fill(messages)
        bodies = [
            b"Subject: 1\n\n>From me\n>>From you\n>>>>From them\n From here\nFrom: there\nfrom us\nFromage\n",
            b"Subject: 2\n\n.dot\n..dots\nno line end\n",
            b">From no header at all\nSubject: 3\n\na\rb\n",
            messages[3].replace(b"\r\n", b"\n"),
            b"\n",
        ]
        mbox = self.new_path()
        old = b"From old Mon Jan  1 00:00:00 2024\nSubject: old\n\ntext\n\n"
        mbox.write_bytes(old)
        mbox.chmod(0o640)
        self.get(drop, f"mbox:{mbox}", "--delete")
        got = mbox.read_bytes()
        expect(got.startswith(old), "what was there is gone")
        pattern = b"".join(FROM_LINE + re.escape(body) + b"\n" for body in bodies)
        expect(re.fullmatch(pattern, got[len(old) :]), f"not the form: {shown(got[len(old) :])}")
        expect(stat.S_IMODE(mbox.stat().st_mode) == 0o640, "the mode has changed")
        expect(not drop.left(), "not deleted")
        beside = {path.name for path in self.folder.glob(f"{mbox.name}*")} - {mbox.name}
        front = f"{mbox.name}.pop3get-{drop.user}@{HOST},"
        expect(1 <= len(beside) <= 2 and all(name.startswith(front) for name in beside), f"beside it: {beside}")

    def mbox_unended(self) -> None:
        for end in (b"", b"\n"):
            drop, _ = self.filled(1)
            mbox = self.new_path()
            mbox.write_bytes(b"From old Mon Jan  1 00:00:00 2024\nSubject: old\n\ntext" + end)
            self.get(drop, f"mbox:{mbox}")
            got = mbox.read_bytes()
            expect(re.search(rb"text\n\n" + FROM_LINE, got), f"two messages in one: {got[:120]!r}")

    def mbox_again(self) -> None:
        drop, _ = self.filled(2)
        mbox = self.new_path()
        self.get(drop, f"mbox:{mbox}")
        before = (mbox.read_bytes(), mbox.stat().st_mtime_ns)
        ran = self.get(drop, f"mbox:{mbox}", "--json")
        expect((mbox.read_bytes(), mbox.stat().st_mtime_ns) == before, "it was written to")
        expect(objects(ran)[0]["skipped"] == 2, ran.out)
        drop.fill([message(3)], 3)
        self.get(drop, f"mbox:{mbox}")
        expect(mbox.read_bytes().startswith(before[0]), "not appended")
        expect(mbox.read_bytes().count(b"\nSubject: 3\n") == 1, "not once")

    def dot_lock(self) -> str:
        drop, _ = self.filled(1)
        mbox = self.new_path()
        lock = Path(f"{mbox}.lock")
        lock.write_bytes(b"")

        def release() -> None:
            time.sleep(1)
            released.append(not mbox.exists())
            lock.unlink()

        released: list[bool] = []
        thread = threading.Thread(target=release)
        thread.start()
        ran = self.get(drop, f"mbox:{mbox}")
        thread.join()
        expect(released == [True], "it was written to under a foreign lock")
        expect(mbox.read_bytes().count(b"Subject: 1\n") == 1 and not lock.exists(), "not delivered, or a lock left")
        return f"after {ran.seconds:.1f} s"

    def dot_lock_stays(self) -> str:
        drop, sent = self.filled(1)
        mbox = self.new_path()
        mbox.write_bytes(b"")
        lock = Path(f"{mbox}.lock")
        lock.write_bytes(b"")
        ran = self.get(drop, f"mbox:{mbox}", "--delete", code=6, says="is held by another program")
        expect(mbox.read_bytes() == b"" and lock.exists(), "changed")
        expect(drop.left() == sent, "deleted, and not delivered")
        lock.unlink()
        self.free(drop)
        self.get(drop, f"mbox:{mbox}", "--delete")
        expect(mbox.read_bytes().count(b"Subject: 1\n") == 1 and not drop.left(), "the next run does not deliver")
        return f"after {ran.seconds:.1f} s"

    def dead_lock(self) -> None:
        drop, _ = self.filled(1)
        mbox = self.new_path()
        gone = subprocess.Popen(["true"])
        gone.wait()
        Path(f"{mbox}.lock").write_text(f"{gone.pid}\n")
        self.get(drop, f"mbox:{mbox}")
        expect(mbox.read_bytes().count(b"Subject: 1\n") == 1, "not delivered")

    def flock(self) -> str:
        drop, _ = self.filled(1)
        mbox = self.new_path()
        with held(mbox) as holder:
            timer = threading.Timer(1.5, holder.terminate)
            timer.start()
            ran = self.get(drop, f"mbox:{mbox}")
            timer.join()
        expect(ran.seconds > 1, f"not waited: {ran.seconds:.1f} s")
        expect(mbox.read_bytes().count(b"Subject: 1\n") == 1, "not delivered")
        return f"after {ran.seconds:.1f} s"

    def flock_stays(self) -> str:
        drop, _ = self.filled(1)
        mbox = self.new_path()
        with held(mbox):
            command = [POP3GET, self.tls, *self.ca, "--user", drop.user, *self.password, "--to", f"mbox:{mbox}"]
            process = subprocess.Popen(
                [*map(str, command), "--max-time", "2", "--timeout", "2"], env={**os.environ, "PW": PASSWORD},
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            try:
                code = process.wait(6)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                expect(False, "still waiting after 6 s, with --max-time 2 and --timeout 2")
        expect(code == 6 and mbox.read_bytes() == b"", f"code {code}")
        return f"code {code}"

    def mbox_full(self) -> None:
        drop, sent = self.filled(3, 800)
        mbox = self.new_path()
        old = b"From old Mon Jan  1 00:00:00 2024\nSubject: old\n\n" + b"old text\n" * 12_000 + b"\n"
        mbox.write_bytes(old)
        most = len(old) + 2 * len(sent[0])
        limited = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))}
        # Python ignores SIGXFSZ, and so does what it starts, if that is left alone.
        self.get(drop, f"mbox:{mbox}", "--delete", code=6, says=str(mbox), restore_signals=False, **limited)
        expect(mbox.read_bytes() == old, "the file has changed")
        expect(not Path(f"{mbox}.lock").exists(), "a lock is left")
        expect(drop.left() == sent, "deleted, and not delivered")
        self.free(drop)
        self.get(drop, f"mbox:{mbox}", "--delete")
        got = mbox.read_bytes()
        expect(got.startswith(old) and len(re.findall(rb"^Subject: [123]$", got, re.MULTILINE)) == 3, "not delivered")

    def mbox_folder(self) -> None:
        drop, sent = self.filled(1)
        mbox = self.new_path()
        mbox.mkdir()
        self.get(drop, f"mbox:{mbox}", "--delete", code=6, says=str(mbox))
        expect(drop.left() == sent, "deleted")

    # pipe

    def pipes(self) -> None:
        check = self.check
        check("pipe: each message on standard input, in order", self.pipe)
        check("pipe: it fails on the third message: that one stays, the first two are in the record", self.pipe_fails)
        check("pipe: a command that reads nothing", self.pipe_reads_nothing)
        check("pipe: needs --record", self.pipe_record)

    def pipe(self) -> None:
        drop = self.drop()
        sent = drop.fill([b"Subject: 1\n\n.\n..\n", b"", b"\xff\0\n", message(4, 200_000)])
        out, record = self.new_path(), self.new_path()
        out.mkdir()
        command = f'n=$(ls {out} | wc -l); cat >"{out}/$n"; echo noise; echo trouble >&2'
        ran = self.get(drop, f"pipe:{command}", "--record", record, "--delete", "--json")
        got = [(out / str(n)).read_bytes() for n in range(len(list(out.iterdir())))]
        expect(sorted(filter(None, got)) == sorted(filter(None, sent)), f"{list(map(shown, got))}")
        expect([octets for octets in got if octets] == [octets for octets in sent if octets], "not in order")
        expect(objects(ran)[0]["fetched"] >= 3 and "trouble" in ran.err, f"{ran}")

    def pipe_fails(self) -> None:
        drop, sent = self.filled(5)
        out, record = self.new_path(), self.new_path()
        out.mkdir()
        failing = f'n=$(ls {out} | wc -l); [ $n -lt 2 ] || {{ cat >/dev/null; exit 75; }}; cat >"{out}/$n"'
        options = ("--record", record, "--delete", "--json")
        ran = self.get(drop, f"pipe:{failing}", *options, code=6, says="exit status: 75; the message stays")
        expect([(out / str(n)).read_bytes() for n in range(2)] == sent[:2], "the first two")
        expect(len(entries(record)) == 2, f"the record: {entries(record)}")
        expect(drop.left()[-3:] == sent[2:], "one of the others is gone")
        expect(objects(ran)[0]["exit"] == 6, ran.out)
        self.free(drop)
        self.get(drop, f'pipe:n=$(ls {out} | wc -l); cat >"{out}/$n"', *options)
        expect([(out / str(n)).read_bytes() for n in range(5)] == sent, "the next run does not go on from there")
        expect(len(list(out.iterdir())) == 5 and not drop.left(), "not deleted, or twice")
        drop, sent = self.filled(1)
        for command, says in (("kill -9 $$", "signal: 9"), ("/no/such/program", "127"), ("", "")):
            code = 6 if command else 0
            self.get(drop, f"pipe:{command}", "--record", self.new_path(), code=code, says=says)
            self.free(drop)

    def pipe_reads_nothing(self) -> None:
        drop, _ = self.filled(3, 300_000)
        record = self.new_path()
        self.get(drop, "pipe:true", "--record", record)
        expect(len(entries(record)) == 3, "not in the record")

    def pipe_record(self) -> None:
        drop, _ = self.filled(1)
        self.get(drop, "pipe:cat", code=2, says="--record: missing")

    # Maildir

    def maildirs(self) -> None:
        check = self.check
        check("Maildir: into one that is there", self.existing_maildir)
        check("Maildir: maildir:PATH, below folders that are missing", self.deep_maildir)
        check("Maildir: a file in its place", self.file_in_place)
        check("Maildir: a folder that may not be written to", self.read_only)
        check("Maildir: new/ may not be written to: nothing counts as fetched", self.read_only_new)
        if shutil.which("strace"):
            check("Maildir: a sync that fails: nothing counts as fetched", self.sync_fails)
        else:
            self.report.skip("Maildir: a sync that fails", "no strace here")
        check("Maildir: no room: nothing half in new/, and nothing deleted", self.maildir_full)

    def existing_maildir(self) -> None:
        drop, sent = self.filled(2)
        to = self.new_path()
        for part in ("cur", "new", "tmp"):
            (to / part).mkdir(parents=True)
        old = {"cur/1.old:2,S": b"old\n", "new/2.old": b"new\n", "tmp/3.old": b"half"}
        for name, octets in old.items():
            (to / name).write_bytes(octets)
        self.get(drop, to)
        expect(all((to / name).read_bytes() == octets for name, octets in old.items()), "what was there has changed")
        expect(delivered(to) == sorted([b"new\n", *sent]), f"{delivered(to)}")
        names = [path.name for path in (to / "new").iterdir() if path.name != "2.old"]
        expect(all(re.fullmatch(r"\d+\.M\d+P\d+Q\d+\.[^/:]+", name) for name in names), f"{names}")
        expect([path.name for path in (to / "tmp").iterdir()] == ["3.old"], "something is left in tmp/")

    def deep_maildir(self) -> None:
        drop, sent = self.filled(1)
        to = self.new_path() / "a" / "b"
        self.get(drop, f"maildir:{to}")
        expect(delivered(to) == sent, "nothing came")

    def file_in_place(self) -> None:
        drop, sent = self.filled(1)
        to = self.new_path()
        to.write_bytes(b"precious")
        self.get(drop, to, "--delete", code=6, says=str(to))
        expect(to.read_bytes() == b"precious" and drop.left() == sent, "changed")

    def read_only(self) -> None:
        """Root may write everywhere, so that this is done as somebody else."""
        uid, gid = mail_owner()
        other = {"user": uid, "group": gid, "extra_groups": []} if os.geteuid() == 0 else {}
        drop, sent = self.filled(1)
        missing, whole = self.new_path(), self.new_path()
        missing.mkdir()
        for part in ("cur", "new", "tmp"):
            (whole / part).mkdir(parents=True)
        mbox = self.new_path()
        mbox.write_bytes(b"")
        for path in (missing, whole, *whole.iterdir(), mbox):
            give_to_mail_owner(path)
            path.chmod(0o444 if path.is_file() else 0o555)
        record = self.new_path()
        record.mkdir()
        give_to_mail_owner(record)
        kept = ("--record", record / "record", "--delete")
        for to in (missing, whole, f"mbox:{mbox}"):
            for options in (kept, ("--delete",)):
                self.get(drop, to, *options, code=6, says="Permission denied", **other)
                self.free(drop)
                expect(drop.left() == sent, "deleted, and not delivered")
        self.get(drop, "pipe:true", "--record", missing / "record", code=6, says=str(missing), **other)

    def read_only_new(self) -> None:
        """A rename that fails must not be taken for done when it is tried again."""
        uid, gid = mail_owner()
        other = {"user": uid, "group": gid, "extra_groups": []} if os.geteuid() == 0 else {}
        drop, sent = self.filled(3)
        to = self.new_path()
        for part in ("cur", "new", "tmp"):
            (to / part).mkdir(parents=True)
        give_to_mail_owner(to)
        (to / "new").chmod(0o555)
        self.get(drop, to, "--delete", code=6, says="Permission denied", **other)
        self.free(drop)
        (to / "new").chmod(0o755)
        recorded = len(entries(to / f".pop3get-{drop.user}@{HOST}"))
        ran = self.get(drop, to, "--delete", **other)
        lost = [octets for octets in sent if octets not in delivered(to) and octets not in drop.left()]
        expect(not lost, f"{len(lost)} of 3 are lost, {recorded} were in the record: {ran.out.strip()!r}")

    def sync_fails(self) -> None:
        """The system reports it once; the next sync of the same file succeeds."""
        drop, sent = self.filled(1)
        to = self.new_path()
        inject = ("-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO:when=1")
        login = (*self.ca, "--user", drop.user, *self.password)
        command = ["strace", "-f", "-qq", "-o", "/dev/null", *inject, POP3GET, self.tls, *login, "--to", to, "--delete"]
        done = subprocess.run(
            list(map(str, command)),
            env={**os.environ, "PW": PASSWORD},
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
        expect(done.returncode == 6, f"code {done.returncode}: {done.stderr!r}")
        record = to / f".pop3get-{drop.user}@{HOST}"
        expect(drop.left() == sent, "deleted")
        expect(not entries(record), f"in the record after one sync that failed: {entries(record)}")

    def maildir_full(self) -> None:
        drop = self.drop()
        sent = drop.fill([message(1), message(2), message(3, 20_000), message(4)])
        to = self.new_path()
        limited = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))}
        self.get(drop, to, "--delete", code=6, says="File too large", restore_signals=False, **limited)
        expect(delivered(to) == sent[:2] and not list((to / "tmp").iterdir()), "what was whole is not there, or more")
        expect(set(sent[2:]) <= set(drop.left()), "deleted, and not delivered")
        self.free(drop)
        self.get(drop, to, "--delete")
        expect(delivered(to) == sent and not drop.left(), "the next run does not go on from there")

    # The record

    def records(self) -> None:
        check = self.check
        check("--record: elsewhere, below folders that are missing", self.record_elsewhere)
        check("--record: two at once: one is refused", self.two_at_once)
        check("--record: torn in its last line, everywhere", self.torn)
        check("--record: garbage: code 6, the line, nothing changed", self.garbage)
        check("--record: after a run that was killed the next one goes on from there", self.record_survives_kill)
        check("--all", self.all_again)

    def record_elsewhere(self) -> None:
        drop, sent = self.filled(2)
        record = self.new_path() / "a" / "record"
        to = self.new_path()
        self.get(drop, to, "--record", record)
        expect(len(entries(record)) == 2 and record.read_text().startswith("pop3-proto record 1\n"), "the record")
        expect({path.name for path in to.iterdir()} == {"cur", "new", "tmp"}, "a record in the Maildir, too")
        other = self.new_path()
        self.get(drop, other, "--record", record)
        expect(delivered(other) == [], "what is in the record was fetched")
        self.get(drop, other)
        expect(delivered(other) == sent, "without the record nothing came")
        plain = self.new_path()
        plain.mkdir()
        self.get(drop, to, "--record", "bare", cwd=plain)
        expect(len(entries(plain / "bare")) == 2, "a record without a folder in its name")

    def two_at_once(self) -> str:
        drop, sent = self.filled(3)
        to, record, go = self.new_path(), self.new_path(), self.new_path()
        command = f"pipe:cat >>{to}; while [ ! -e {go} ]; do sleep 0.05; done"
        first: list[Ran] = []
        thread = threading.Thread(target=lambda: first.append(self.get(drop, command, "--record", record)))
        thread.start()
        while not to.exists():
            time.sleep(0.02)
        ran = self.get(drop, self.new_path(), "--record", record, code=6, says="another pop3get is at work with it")
        dry = self.get(drop, self.new_path(), "--record", record, "--dry-run", code=3, says="")
        go.touch()
        thread.join()
        expect(first and first[0].code == 0, "the first one failed")
        expect(to.read_bytes() == b"".join(sent) and len(entries(record)) == 3, "not each once")
        self.get(drop, self.new_path(), "--record", record)
        return f"refused after {ran.seconds:.2f} s; a dry run meets the server's lock: {dry.err.strip()!r}"

    def torn(self) -> str:
        drop, sent = self.filled(3)
        record = self.new_path()
        self.get(drop, self.new_path(), "--record", record)
        whole = record.read_bytes()
        start = whole[:-1].rindex(b"\n") + 1
        cuts = [*range(start + 1, len(whole), 7), len(whole) - 1]
        for cut in cuts:
            record.write_bytes(whole[:cut])
            to = self.new_path()
            self.get(drop, to, "--record", record)
            expect(delivered(to) == sent[2:], f"cut at {cut}: {len(delivered(to))} messages")
            expect([line.split()[-1] for line in entries(record)] == ids_of(whole), f"cut at {cut}: the record")
        for cut in (0, 1, 18, len("pop3-proto record 1\n")):
            record.write_bytes(whole[:cut])
            to = self.new_path()
            self.get(drop, to, "--record", record)
            expect(delivered(to) == sent, f"cut at {cut}: {len(delivered(to))} messages")
        return f"{len(cuts) + 4} cuts"

    def garbage(self) -> None:
        drop, sent = self.filled(2)
        record = self.new_path()
        self.get(drop, self.new_path(), "--record", record)
        whole = record.read_bytes()
        lines = whole.splitlines(keepends=True)
        bad = [
            (b"garbage\n" + whole, 1),
            (b"pop3-proto record 2\n", 1),
            (lines[0] + b"garbage\n" + lines[1], 2),
            (lines[0] + lines[1] + lines[2].replace(b"have", b"hvae"), 3),
            (lines[0] + b"\n" + lines[1], 2),
            (lines[0] + lines[1].replace(b"uid:", b"uid:%zz") + lines[2], 2),
        ]
        for text, line in bad:
            record.write_bytes(text)
            to = self.new_path()
            self.get(drop, to, "--record", record, "--delete", code=6, says=f"{record}: line {line} ")
            expect(record.read_bytes() == text and drop.left() == sent, "changed")
            expect(delivered(to) == [], "something was fetched")
        record.write_bytes(b"\xff\xfe" + whole)
        self.get(drop, self.new_path(), "--record", record, code=6, says=str(record))
        record.unlink()
        record.mkdir()
        self.get(drop, self.new_path(), "--record", record, code=6, says=str(record))

    def record_survives_kill(self) -> None:
        """Killed on its third message: the first two are in the record, the next run fetches the rest."""
        drop, sent = self.filled(4)
        out, record = self.new_path(), self.new_path()
        out.mkdir()
        kills = f'pipe:n=$(ls {out} | wc -l); [ $n -lt 2 ] || kill -9 $PPID; cat >"{out}/$n"'
        self.get(drop, kills, "--record", record, code=-9)
        self.free(drop)
        there = len(list(out.iterdir()))
        self.get(drop, f'pipe:n=$(ls {out} | wc -l); cat >"{out}/$n"', "--record", record)
        got = [(out / str(n)).read_bytes() for n in range(len(list(out.iterdir())))]
        expect(got[:2] == sent[:2] and got[there:] == sent[2:], f"{len(got)} messages")

    def all_again(self) -> None:
        drop, sent = self.filled(3)
        to = self.new_path()
        self.get(drop, to)
        self.get(drop, to)
        expect(delivered(to) == sent, "not once")
        ran = self.get(drop, to, "--all", "--json")
        expect(delivered(to) == sorted(sent * 2) and objects(ran)[0]["fetched"] == 3, "not all")
        self.get(drop, to)
        expect(delivered(to) == sorted(sent * 2), "the record was lost")

    # Records of other programs

    def imports(self) -> None:
        drivers = {"getmail": Getmail("Simple"), "fetchmail": WithIds(), "mpop": Mpop(pipelining=True)}
        for program, driver in drivers.items():
            name = f"--import: what {program} wrote: nothing is fetched again"
            if shutil.which(program):
                self.check(name, self.imported, program, driver)
            else:
                self.report.skip(name, "not installed")
        self.check("--import: a record that is there wins", self.import_ignored)
        self.check("--import: malformed", self.import_malformed)
        self.check("--import: a run that is killed does not lose it", self.import_killed)

    def imported(self, program: str, driver: Driver) -> str:
        drop, _ = self.filled(4)
        folder = self.new_path()
        folder.mkdir()
        give_to_mail_owner(folder)
        errand = Errand(self.server, PLAIN, Login("USER", drop.user, PASSWORD), folder, keep=True)
        expect(len(driver.fetch(errand)) == 4, f"{program} did not fetch")
        self.free(drop)
        written = {"getmail": "oldmail-*", "fetchmail": "ids", "mpop": "uidls"}[program]
        (file,) = folder.glob(written)
        before = file.read_bytes()
        drop.fill([message(5)], 5)
        to, place = self.new_path(), f"{HOST_NAME}:{self.server.tls_port}"
        options = (*self.ca, "--user", drop.user, *self.password, "--to", to, "--import", f"{program}:{file}")
        dry = self.pop3get(place, *options, "--dry-run")
        expect(dry.out.splitlines()[0].startswith("fetch 5 (") and not to.exists(), f"a dry run: {dry.out}")
        ran = self.pop3get(place, *options, "--json")
        expect(delivered(to) == [crlf_form(message(5))], f"{len(delivered(to))} messages: {before!r}")
        expect(objects(ran)[0]["skipped"] == 4, ran.out)
        expect(file.read_bytes() == before, "the file of the other program has changed")
        file.unlink()
        ran = self.pop3get(place, *options[:-2], "--delete", "--json")
        expect(objects(ran)[0]["fetched"] == 0 and not drop.left(), f"then with --delete: {ran.out}")
        return f"{len(before)} octets"

    def import_ignored(self) -> None:
        drop, _ = self.filled(2)
        to, file = self.new_path(), self.new_path()
        self.get(drop, to)
        drop.fill([message(3)], 3)
        file.write_text(f"{drop.user}@{HOST} 1700000003.m\n")
        self.get(drop, to, "--import", f"fetchmail:{file}")
        expect(len(delivered(to)) == 3, "the record was passed over")

    def import_malformed(self) -> None:
        drop, _ = self.filled(1)
        file = self.new_path()
        file.write_bytes(b"no space nor NUL\n")
        for text, says in {
            f"getmail:{file}": "line 1 ", f"mpop:{file}": "line 1 ", f"pine:{file}": "not getmail, fetchmail or mpop",
            str(file): "not PROGRAM:FILE", f"getmail:{file}x": "No such file",
        }.items():  # fmt: skip
            self.get(drop, self.new_path(), "--import", text, code=2, says=says)
        file.write_bytes(b"nospace\n")
        self.get(drop, self.new_path(), "--import", f"fetchmail:{file}", code=2, says="line 1 ")

    def import_killed(self) -> None:
        """The record of the other program may be gone by then, or be passed over since there is one."""
        drop, sent = self.filled(3)
        ids = self.ids(drop)
        file, out, record = self.new_path(), self.new_path(), self.new_path()
        file.write_bytes(b"".join(b"%s@%s %s\n" % (drop.user.encode(), HOST.encode(), one.encode()) for one in ids))
        new = drop.fill([message(4), message(5)], 4)
        out.mkdir()
        kills = f'pipe:n=$(ls {out} | wc -l); cat >"{out}/$n"; [ $n -lt 1 ] || kill -9 $PPID'
        options = ("--record", record, "--import", f"fetchmail:{file}")
        self.get(drop, kills, *options, code=-9)
        self.free(drop)
        self.get(drop, f'pipe:n=$(ls {out} | wc -l); cat >"{out}/$n"', *options)
        got = {path.read_bytes() for path in out.iterdir()}
        again = sorted(got & set(sent))
        expect(set(new) <= got, "a new one did not come")
        expect(not again, f"{len(again)} of 3 that were imported were fetched again")

    def ids(self, drop: Drop) -> list[str]:
        record = self.new_path()
        self.get(drop, self.new_path(), "--record", record)
        return [line.split(":")[-1] for line in entries(record)]

    # What is fetched and deleted

    def rules(self) -> None:
        check = self.check
        check("--delete-after: by the dates of the record", self.delete_after)
        check("--keep-count: the newest stay", self.keep_count)
        check("--keep-octets: the newest stay", self.keep_octets)
        check("--size-limit and --preview, and the whole message later", self.previews)
        check("--headers-only", self.headers_only)
        check("--keep, --delete, --delete-after: one of them", self.one_rule)

    def aged(self, record: Path, days: dict[int, float]) -> None:
        """Makes messages, by their place in the record, seem to have been fetched so many days ago."""
        head, *lines = record.read_text().splitlines()
        for place, age in days.items():
            fields = lines[place].split(" ")
            for at in (2, 3):
                fields[at] = str(int(fields[at]) - int(age * DAY))
            lines[place] = " ".join(fields)
        record.write_text("\n".join([head, *lines]) + "\n")

    def delete_after(self) -> None:
        drop, sent = self.filled(4)
        to, record = self.new_path(), self.new_path()
        options = ("--record", record, "--delete-after", 3, "--json")
        self.get(drop, to, *options)
        expect(drop.left() == sent, "deleted at once")
        self.aged(record, {0: 2.9, 1: 3.1, 3: 400})
        plan = self.get(drop, to, *options[:-1], "--dry-run").out
        deleted = [line for line in plan.splitlines() if line.startswith("delete ")]
        expect(deleted == ["delete 2", "delete 4"], f"the plan: {plan}")
        ran = self.get(drop, to, *options)
        expect(drop.left() == [sent[0], sent[2]], f"{len(drop.left())} are left")
        expect(objects(ran)[0]["deleted"] == 2 and delivered(to) == sent, ran.out)
        self.get(drop, to, "--record", record, "--delete-after", 0)
        expect(not drop.left(), "0 days is at once")

    def keep_count(self) -> None:
        drop, sent = self.filled(5)
        to = self.new_path()
        for count, left in ((7, sent), (2, sent[3:]), (2, sent[3:]), (0, [])):
            self.get(drop, to, "--keep-count", count)
            expect(drop.left() == left, f"--keep-count {count}: {len(drop.left())} are left")
        expect(delivered(to) == sent, "not each once")

    def keep_octets(self) -> None:
        drop, sent = self.filled(5)
        size = len(sent[0])
        to = self.new_path()
        for octets, left in ((size * 5, sent), (size * 3 - 1, sent[3:]), (size * 2, sent[3:]), (size - 1, [])):
            self.get(drop, to, "--keep-octets", octets)
            expect(drop.left() == left, f"--keep-octets {octets}: {len(drop.left())} are left")
        expect(delivered(to) == sent, "not each once")

    def previews(self) -> None:
        drop = self.drop()
        sent = drop.fill([message(1), message(2, 100), message(3)])
        to = self.new_path()
        limit = ("--size-limit", len(sent[1]) - 1, "--json")
        ran = self.get(drop, to, *limit, "--preview", 2, "--delete")
        preview = b"\r\n".join(sent[1].split(b"\r\n")[:5]) + b"\r\n"
        expect(delivered(to) == sorted([sent[0], preview, sent[2]]), f"{list(map(shown, delivered(to)))}")
        expect(drop.left() == [sent[1]], "a preview was enough to delete it, or nothing was deleted")
        expect([objects(ran)[0][key] for key in ("fetched", "previewed", "deleted")] == [2, 1, 2], ran.out)
        ran = self.get(drop, to, *limit, "--preview", 2, "--delete")
        expect(len(delivered(to)) == 3 and drop.left() == [sent[1]], "the preview came again, or it was deleted")
        self.get(drop, to, "--size-limit", len(sent[1]), "--delete")
        expect(delivered(to) == sorted([*sent, preview]) and not drop.left(), "the whole message did not come")
        drop, sent = self.filled(1, 100)
        to = self.new_path()
        self.get(drop, to, "--size-limit", 1)
        expect(delivered(to)[0].count(b"text\r\n") == 20, "20 lines by default")
        to = self.new_path()
        self.get(drop, to, "--size-limit", 1, "--preview", 0)
        expect(delivered(to)[0].endswith(b"\r\n\r\n"), "--preview 0")

    def headers_only(self) -> None:
        drop, sent = self.filled(3)
        to = self.new_path()
        self.get(drop, to, "--headers-only", "--delete")
        heads = [octets.split(b"\r\n\r\n")[0] + b"\r\n\r\n" for octets in sent]
        expect(delivered(to) == heads, f"{delivered(to)}")
        expect(drop.left() == sent, "deleted")
        ran = self.get(drop, to, "--headers-only", "--json")
        expect(delivered(to) == heads, f"the headers came again: {ran.out}")
        self.get(drop, to)
        expect(delivered(to) == sorted(heads + sent), "the whole messages did not come")

    def one_rule(self) -> None:
        drop, _ = self.filled(1)
        for two in (("--keep", "--delete"), ("--delete", "--delete-after", 3), ("--keep", "--delete-after", 3)):
            self.get(drop, self.new_path(), *two, code=2, says="cannot be used with")

    # What is printed and written

    def outputs(self) -> None:
        check = self.check
        check("--dry-run: prints, and changes nothing", self.dry_run)
        check("--dry-run with --json: an object a line", self.dry_json)
        check("--json: the fields, after a success and after failures", self.json)
        check("--quiet: not a word", self.quiet)
        check("--transcript: no secret in any form, and lines of the right form", self.transcripts)
        check("--transcript: of several accounts none is lost", self.transcript_of_two)

    def dry_run(self) -> None:
        drop = self.drop()
        drop.fill([message(1), message(2, 100), message(3)])
        work = self.new_path()
        work.mkdir()
        record = work / "record"
        self.get(drop, work / "old", "--record", record)
        drop.fill([message(4), message(5, 100)], 4)
        before = tree(work)
        sizes = [len(octets) for octets in drop.left()]
        for to in (work / "new", f"mbox:{work / 'mbox'}", f"pipe:touch {work / 'touched'}"):
            ran = self.get(drop, to, "--record", record, "--dry-run", "--delete", "--size-limit", 200, cwd=work)
            lines = [line for line in ran.out.splitlines() if re.match("fetch|preview|delete", line)]
            wanted = [f"fetch 4 ({sizes[3]} octets)", f"preview 5 ({sizes[4]} octets, 20 lines)"]
            expect(lines == [*wanted, *(f"delete {n}" for n in (1, 2, 3, 4))], f"{to}: {lines}")
            expect(tree(work) == before, f"{to}: changed: {set(tree(work)) ^ set(before)}")
            expect(len(drop.left()) == 5, f"{to}: deleted")
        ran = self.get(drop, work / "none" / "at" / "all", "--dry-run", cwd=work)
        expect(len(re.findall("^fetch", ran.out, re.MULTILINE)) == 5 and tree(work) == before, ran.out)
        self.get(drop, work / "old", "--record", record, "--delete", "--size-limit", 200)
        expect(len(drop.left()) == 1, "the run did something else than the plan")

    def dry_json(self) -> None:
        drop, _ = self.filled(2)
        ran = self.get(drop, self.new_path(), "--dry-run", "--json")
        expect(objects(ran)[0]["fetched"] == 0, ran.out)

    def json(self) -> None:
        drop, sent = self.filled(3)
        to = self.new_path()
        octets = sum(map(len, sent))
        ran = self.get(drop, to, "--json", "--delete")
        name = f"{drop.user}@{HOST}"
        wanted = {
            "account": name, "fetched": 3, "octets": octets, "skipped": 0, "previewed": 0, "deleted": 3,
            "unknown": 0, "failed": 0, "error": None, "exit": 0,
        }  # fmt: skip
        expect(objects(ran) == [wanted], ran.out)
        nothing = {**wanted, "fetched": 0, "octets": 0, "deleted": 0}
        expect(objects(self.get(drop, to, "--json")) == [nothing], "an empty maildrop")
        in_the_way = self.new_path()
        in_the_way.write_bytes(b"")
        failing = [
            (3, ("--user", "nobody"), self.tls, to), (4, (), f"{HOST}:1", to), (6, (), self.tls, in_the_way),
            (2, ("--ca", "/no/such/file"), self.tls, to),
        ]  # fmt: skip
        for code, options, place, path in failing:
            base = {"--ca": self.server.ca, "--user": drop.user, "--password-env": "PW", "--to": path}
            base.update(dict(zip(options[::2], options[1::2], strict=True)))
            ran = self.pop3get(place, *[word for pair in base.items() for word in pair], "--json", code=code)
            (one,) = objects(ran)
            expect(one["exit"] == code and one["error"] and one["error"] in ran.err, f"{one}, {ran.err}")
        with five_messages(RETR=b"-ERR [SYS/TEMP] not now\r\n") as standin:
            (one,) = objects(self.stand_in_get(standin, "--json", code=5))
            expect(one["failed"] > 0 and one["fetched"] == 0 and one["exit"] == 5, f"{one}")

    def quiet(self) -> None:
        drop, _ = self.filled(2)
        ran = self.get(drop, self.new_path(), "--quiet")
        expect(not ran.out and not ran.err, f"{ran}")
        ran = self.get(drop, self.new_path(), "--quiet", "--user", "nobody", code=2)
        ran = self.get(replace(drop, user="nobody"), self.new_path(), "--quiet", code=3, says="login refused")
        expect(not ran.out, f"{ran}")

    def transcripts(self) -> str:
        drop, _ = self.filled(2)
        drop.fill([b"Subject: odd\n\nquote \" ' backslash \\ \t \xff \0 C: S: \n.\n"], 3)
        plain = PASSWORD.encode()
        count = 0
        for method in (*WITH_PASSWORD, *WITH_TOKEN):
            modes = [("--tls", self.tls), ("--stls", self.clear)]
            if method not in (*WITH_TOKEN, "scram-sha-256-plus", "scram-sha-1-plus"):
                modes.append(("--plain", self.clear))
            for mode, place in modes:
                path = self.new_path()
                source = ("--token-env", "TOKEN") if method in WITH_TOKEN else self.password
                token = TOKEN + drop.user
                login = (*self.ca, "--user", drop.user, *source, "--auth", method, "--to", self.new_path())
                self.pop3get(mode, place, *login, "--transcript", path, env={"TOKEN": token})
                self.is_transcript(path, mode)
                text = path.read_text()
                secrets = {PASSWORD, token, plain.hex(), hashlib.md5(plain).hexdigest()}
                for octets in (
                    plain, f"\0{drop.user}\0{PASSWORD}".encode(), token.encode(),
                    f"user={drop.user}\1auth=Bearer {token}\1\1".encode(),
                ):  # fmt: skip
                    secrets.update(base64.b64encode(octets[skip:]).decode()[:-4] for skip in range(3))
                found = [secret for secret in secrets if secret and secret in text]
                expect(not found, f"{method} {mode}: {found}")
                # Nothing of an exchange but the mask.
                responses = re.findall(r"^C: ([A-Za-z0-9+/=]{8,})\\r\\n$", text, re.MULTILINE)
                expect(set(responses) <= {"bWFza2Vk"}, f"{method} {mode}: {responses}")
                challenges = re.findall(r"^S: \+ (.*)\\r\\n$", text, re.MULTILINE)
                expect(set(challenges) <= {"bWFza2Vk"}, f"{method} {mode}: {challenges}")
                expect(len(re.findall(r"^C: RETR", text, re.MULTILINE)) == 3, f"{method} {mode}: {text}")
                count += 1
        path = self.new_path()
        env = {"PW": "wrong one"}
        self.get(drop, self.new_path(), "--transcript", path, code=3, env=env)
        expect("wrong one" not in path.read_text(), "the wrong password")
        self.is_transcript(path, "--tls")
        return f"{count} dialogues"

    @staticmethod
    def is_transcript(path: Path, mode: str) -> None:
        """What .txt files of tests/transcripts have to be."""
        lines = path.read_text(encoding="ascii").split("\n")
        expect(lines.pop() == "", "the last line has no end")
        bad = [line for line in lines if not TRANSCRIPT_LINE.fullmatch(line)]
        expect(not bad, f"{mode}: {bad[:3]}")
        expect(lines[0].startswith("# ") and lines[1] == "role: client", f"it begins with {lines[:2]}")
        expect(("set: tls" in lines[:4]) == (mode == "--tls"), f"{mode}: {lines[:4]}")
        expect(("TLS" in lines) == (mode == "--stls"), f"{mode}: TLS")
        expect(lines[-1].startswith("S: ") or mode == "--cut", f"it ends with {lines[-1]}")

    def transcript_of_two(self) -> None:
        drops = [self.filled(1)[0] for _ in range(2)]
        path = self.new_path()
        places = [self.url("pops", drop.user) for drop in drops]
        self.pop3get(*places, *self.ca, *self.password, "--to", self.new_path(), "--transcript", path)
        texts = "".join(file.read_text() for file in path.parent.glob(f"{path.name}*"))
        missing = [drop.user for drop in drops if f"pop3get: {drop.user}@" not in texts]
        expect(not missing, f"without a transcript: {missing}")

    # Limits

    def limits(self) -> None:
        check = self.check
        check("--timeout: a server that falls silent", self.timeout)
        check("--max-time: a server that never ends", self.max_time)
        for option in ("--timeout", "--max-time"):
            check(f"{option}: the largest numbers", self.largest_time, option)
        check("other numbers: the largest", self.largest)
        check("--max-message: what is larger breaks off, what came before stays", self.max_message)
        check("--no-pipelining: one command at a time", self.no_pipelining)
        check("numbers that are none", self.no_numbers)

    def timeout(self) -> str:
        seconds = []
        silent: list[dict[str, Answer]] = [
            {"GREETING": HOLD}, {"PASS": HOLD}, {"RETR": (b"+OK\r\nSubject: half\r\n", HOLD)},
        ]  # fmt: skip
        for answers in silent:
            with five_messages(**answers) as standin:
                to = self.new_path()
                ran = self.stand_in_get(standin, "--timeout", 1, to=to, code=4, says="no progress for 1 s")
                expect(1 <= ran.seconds < 3, f"after {ran.seconds:.1f} s")
                expect(delivered(to) == [], "half a message")
                seconds.append(f"{ran.seconds:.1f} s")
        return ", ".join(seconds)

    def max_time(self) -> str:
        slow = (b"+OK\r\nSubject: slow\r\n\r\n", Drip(b"x\r\n"))
        with five_messages(RETR=slow) as standin:
            to = self.new_path()
            ran = self.stand_in_get(standin, "--max-time", 1, to=to, code=4, says="--max-time")
        expect(0.9 <= ran.seconds < 3 and delivered(to) == [], f"after {ran.seconds:.1f} s")
        return f"after {ran.seconds:.1f} s"

    def largest_time(self, option: str) -> None:
        drop, _ = self.filled(1)
        for seconds in (2**31, 2**63, 2**64 - 1):
            self.get(drop, self.new_path(), option, seconds)

    def largest(self) -> None:
        drop, _ = self.filled(1)
        keep = ("--keep-octets", 2**64 - 1, "--keep-count", 2**32 - 1)
        self.get(drop, self.new_path(), "--delete-after", 2**32 - 1, *keep)
        self.get(drop, self.new_path(), "--size-limit", 0, "--preview", 2**64 - 1)

    def max_message(self) -> None:
        drop = self.drop()
        sent = drop.fill([message(1), message(2, 1000), message(3)])
        to = self.new_path()
        most = ("--max-message", len(sent[1]) - 1)
        ran = self.get(drop, to, *most, "--delete", "--json", code=5, says="--max-message: a message of more than")
        expect(delivered(to) == sent[:1] and not list((to / "tmp").iterdir()), "not the first one alone")
        expect(objects(ran)[0]["exit"] == 5 and set(sent[1:]) <= set(drop.left()), ran.out)
        self.free(drop)
        self.get(drop, to, "--max-message", len(sent[1]), "--delete")
        expect(delivered(to) == sent and not drop.left(), "a message of just that size")

    def no_pipelining(self) -> str:
        at_once = []
        for options in ((), ("--no-pipelining",)):
            with five_messages() as standin:
                self.stand_in_get(standin, *options, "--delete")
                at_once.append(standin.at_once)
        expect(at_once[0] > 1 and at_once[1] == 1, f"commands at once: {at_once}")
        return f"{at_once[0]} commands at once, then {at_once[1]}"

    def no_numbers(self) -> None:
        drop, _ = self.filled(1)
        options = (
            "--timeout", "--max-time", "--delete-after", "--keep-count", "--keep-octets", "--size-limit", "--preview",
            "--max-message",
        )  # fmt: skip
        for option in options:
            for value in ("", "x", "-1", "1.5", str(2**64)):
                self.get(drop, self.new_path(), f"{option}={value}", code=2, says=option)

    # Help

    def itself(self) -> None:
        check = self.check
        check("--help, --version, and what is no option", self.helps)
        for place in ("localhost:x", "localhost:65536", "localhost:", "[::1]995", "[::1", "localhost:0"):
            check(f"{place} is no server", self.no_server, place)
        if shutil.which("man"):
            check("--man renders without a warning, and has every option", self.manual)
        else:
            self.report.skip("--man", "no man here")

    def helps(self) -> None:
        for option in ("--help", "-h"):
            ran = self.pop3get(option)
            expect("Usage: pop3get [OPTIONS]" in ran.out and not ran.err, f"{option}: {ran}")
        for option in ("--version", "-V"):
            ran = self.pop3get(option)
            expect(re.fullmatch(r"pop3get \d+\.\d+\.\d+\S*\n", ran.out), f"{option}: {ran}")
        self.pop3get(code=2, says="name a server")
        self.pop3get("--no-such-option", code=2, says="--no-such-option")
        drop, _ = self.filled(1)
        self.pop3get(self.tls, *self.ca, "--user", drop.user, *self.password, code=2, says="--to: missing")

    def no_server(self, place: str) -> None:
        options = ("--user", "someone", *self.password, *self.ca, "--timeout", 1, "--to", self.new_path())
        self.pop3get(place, *options, code=2, says=place)

    def manual(self) -> str:
        page = self.pop3get("--man").out
        rendered = subprocess.run(
            ["man", "--warnings=all", "-P", "cat", "-l", "/dev/stdin"], input=page, capture_output=True, text=True,
            check=False, env={**os.environ, "MANWIDTH": "100", "LC_ALL": "C.UTF-8", "MANROFFOPT": "-c"},
        )  # fmt: skip
        expect(rendered.returncode == 0 and not rendered.stderr, rendered.stderr)
        text = re.sub(r".\x08", "", rendered.stdout).replace("\u2010", "-").replace("\u2212", "-")
        options = set(re.findall(r"^ +(?:-\w, )?(--[a-z-]+)", self.pop3get("--help").out, re.MULTILINE))
        missing = sorted(one for one in options if not re.search(rf"{one}\b(?!-)", text))
        expect(len(options) > 30 and not missing, f"not in the page: {missing}")
        return f"{len(options)} options, {len(text.splitlines())} lines"


def delivered(maildir: Path) -> list[bytes]:
    """What is in new/, sorted: the messages of a check are in that order, too."""
    new = maildir / "new"
    return sorted(path.read_bytes() for path in new.iterdir()) if new.is_dir() else []


def entries(record: Path) -> list[str]:
    return record.read_text().splitlines()[1:] if record.exists() else []


def ids_of(record: bytes) -> list[str]:
    return [line.split()[-1] for line in record.decode().splitlines()[1:]]


def objects(ran: Ran) -> list[dict[str, object]]:
    """The JSON objects that were printed; nothing else may stand among them."""
    try:
        found = [json.loads(line) for line in ran.out.splitlines()]
    except ValueError:
        found = []
    expect(found and all(set(one) == JSON_FIELDS for one in found), f"not the objects: {ran.out!r}")
    return found


def text_of_client(transcript: Path) -> str:
    return "\n".join(line for line in transcript.read_text().splitlines() if line.startswith("C: "))


def tree(folder: Path) -> list[tuple[str, int, bytes]]:
    return sorted(
        (str(path), path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in (folder, *folder.rglob("*"))
    )


@contextmanager
def held(file: Path) -> Iterator[subprocess.Popen]:
    """Another process that has the file locked with flock until it is ended."""
    file.touch()
    code = "import fcntl, sys, time; f = open(sys.argv[1]); fcntl.flock(f, 2); print(flush=True); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", code, str(file)], stdout=subprocess.PIPE)
    process.stdout.readline()
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="the checks with this in their name")
    options = parser.parse_args()
    need_programs()
    with scratch_folder() as folder, ExitStack() as servers:
        return Stage(folder, servers, options.only).run()


if __name__ == "__main__":
    sys.exit(main())
