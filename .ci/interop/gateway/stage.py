"""What the checks of the gateway have in common. Run by ../gateway.py."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import corpus
from clients import PLAIN, STLS, TLS
from configured import plain_field, token_field, write_config
from corpus import crlf_form, read_maildir
from fake import Answer
from harness import PASSWORD, USER, Pop3d, Report, expect, make_certificates
from peer import Peer

from gateway.ends import LOCAL, TOKEN, Gateway, StandIn


def password_answer(gateway: Gateway, password: str = LOCAL, user: str = USER) -> bytes:
    """The answer to PASS, without a session after it that would keep a maildrop locked."""
    with Peer(gateway.server) as device:
        expect(device.ask(b"").startswith(b"+OK"), "no greeting")
        device.ask(b"USER " + user.encode())
        return device.ask(b"PASS " + password.encode())


def expect_code(answer: bytes, code: str) -> None:
    expect(answer.startswith(f"-ERR [{code}] ".encode()), f"answered with {answer!r} instead of [{code}]")


class Stage:
    """The corpus, the certificates, and what the checks need of them."""

    def __init__(self, folder: Path, count: int, big_mb: int) -> None:
        self.folder = folder
        self.report = Report()
        self.certificates = make_certificates(folder / "certificates")
        self.strangers = make_certificates(folder / "strangers")
        self.full = folder / "full"
        corpus.write_maildir(self.full, corpus.messages(count, big_mb))
        self.stored = read_maildir(self.full)
        self.wanted = {name: crlf_form(octets) for name, octets in self.stored.items()}
        self.fresh = 0

    def maildir(self, count: int) -> Path:
        """A new Maildir with that many messages, of another seed."""
        self.fresh += 1
        folder = self.folder / f"maildir-{self.fresh}"
        pairs = list(corpus.messages(count, 0, seed=self.fresh))[:count]
        corpus.write_maildir(folder, ((name, b"X-Number: %d\n" % n + octets) for n, (name, octets) in enumerate(pairs)))
        return folder

    def pop3d(self, maildir: Path, direct: bool = False) -> Pop3d:
        """The real server. With `direct` it accepts a password, too."""
        self.fresh += 1
        passwd = self.folder / f"passwd-{self.fresh}"
        fields = [token_field(TOKEN), *([plain_field(PASSWORD)] if direct else [])]
        passwd.write_text(f"{USER}:{' '.join(fields)}\n")
        config = self.folder / f"config-{self.fresh}.toml"
        write_config(config, self.certificates, maildir, passwd, ("OAUTHBEARER", "XOAUTH2"), apop=False)
        return Pop3d("--config", config, users=(), certificates=self.certificates)

    @contextmanager
    def before(self, real: Pop3d | StandIn, *options: object, mode: str = TLS, **more: object) -> Iterator[Gateway]:
        """A gateway to that server."""
        if isinstance(real, Pop3d):
            address = f"localhost:{real.server.tls_port if mode == TLS else real.server.plain_port}"
        else:
            address = real.address
        stls = ["--stls"] if mode == STLS else []
        with Gateway(address, self.certificates.ca, *stls, *options, **more) as gateway:
            yield gateway

    @contextmanager
    def stand_in(self, *options: object, mode: str = TLS, **answers: Answer) -> Iterator[tuple[Gateway, StandIn]]:
        with (
            StandIn(self.certificates, mode if mode == TLS else PLAIN, **answers) as real,
            self.before(real, *options, mode=mode) as gateway,
        ):
            yield gateway, real

    def unchanged(self, maildir: Path, before: dict[str, bytes]) -> None:
        expect(read_maildir(maildir) == before, "the maildrop is not what it was")
