"""Runs of pop3get, alone and against a fake server. Run by abuse.py."""

import base64
import itertools
import os
from pathlib import Path

import corpus
from abuse_programs import LIMIT_KIB, Outcome, expect_error, run_program
from clients import PLAIN
from fake import Endless, FakeServer
from harness import HOST, PASSWORD, POP3GET, USER, Certificates, Pop3d, expect, shown


def holds(said: bytes, secret: str) -> bool:
    """Whether the text contains the secret, as it is or in base64 at any position of the encoded text."""
    text = secret.encode()
    forms = [text]
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + text)
        end = encoded.find(b"=") - 1 if b"=" in encoded else len(encoded)
        forms.append(encoded[-(-before * 8 // 6) : end])
    return any(form in said for form in forms)


class Runs:
    """Runs of pop3get, against servers that misbehave and others."""

    def __init__(self, folder: Path, certificates: Certificates, line_mb: int) -> None:
        self.folder = folder
        self.certificates = certificates
        self.line_mb = line_mb
        self.numbers = itertools.count()

    def pop3get(
        self,
        where: str,
        *options: object,
        to: Path | None = None,
        variable: str = "POP3_PASSWORD",
        seconds: float = 60,
        **process: object,
    ) -> tuple[Outcome, Path]:
        target = to or self.folder / f"target-{next(self.numbers)}"
        login = ("--user", USER, "--password-env", variable, "--to", target)
        environment = {**os.environ, "POP3_PASSWORD": PASSWORD}
        return run_program([POP3GET, where, *login, *options], seconds, env=environment, **process), target

    def against(
        self,
        codes: tuple[int, ...],
        whole: int = 0,
        seconds: float = 60,
        mode: str = PLAIN,
        limit_kib: int = LIMIT_KIB,
        options: tuple[object, ...] = (),
        culprits: tuple[object, ...] = (),
        **answers: object,
    ) -> str:
        """Runs it against a fake server. Only `whole` messages may be in new/, each as it was sent."""
        with FakeServer(**answers) as server:
            usual = (f"--{mode}", "--ca", self.certificates.ca, "--delete")
            outcome, target = self.pop3get(f"{HOST}:{server.port}", *usual, *options, seconds=seconds)
            if mode != PLAIN:
                for secret in (PASSWORD, USER):
                    expect(not holds(server.received, secret), f"{secret} was sent in clear: {shown(server.received)}")
            deleted = b"QUIT" in server.received and b"DELE" in server.received
            expect(not deleted or "DELE" in answers, "messages were deleted")
        remark = expect_error(outcome, codes, *culprits, limit_kib=limit_kib)
        messages = [path.read_bytes() for path in (target / "new").iterdir()]
        expect(messages == [b"text\r\n"] * whole, f"{len(messages)} messages in new/: {shown(b'|'.join(messages))}")
        return remark

    def endless(self, piece: bytes) -> Endless:
        return Endless(lambda _: piece, self.line_mb << 20)

    def two_messages(self, user: str = USER, host: str = HOST, lines: int = 4000) -> Pop3d:
        maildir = self.folder / f"two-messages-{next(self.numbers)}"
        corpus.write_maildir(maildir, iter([("small", b"Subject: a\n\na\n"), ("large", corpus.line_of(75) * lines)]))
        return Pop3d("--maildir", maildir, certificates=self.certificates, users=(user,), host=host)
