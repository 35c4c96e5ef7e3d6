"""Twisted's POP3 server and a Maildir: one user, a plain port and a TLS port.

Started by twisted.py with the Python that has Twisted:
  python3 -P twisted_process.py USER PASSWORD MAILDIR PLAIN-PORT TLS-PORT CERT KEY
"""

import hashlib
import sys
from pathlib import Path
from typing import ClassVar

from twisted.cred import checkers, credentials, portal
from twisted.internet import protocol, reactor, ssl
from twisted.mail import pop3
from zope.interface import implementer

HOST = "127.0.0.1"


@implementer(pop3.IMailbox)
class Mailbox:
    """Takes the place of Twisted's own Maildir, which hashes and sends str; Python 3 refuses that."""

    def __init__(self, path: str) -> None:
        self.paths: list[Path | None] = sorted(
            (file for part in ("new", "cur") for file in Path(path, part).iterdir()), key=lambda file: file.name
        )
        self.all = list(self.paths)

    def listMessages(self, index: int | None = None) -> list[int] | int:  # noqa: N802
        sizes = [path.stat().st_size if path else 0 for path in self.paths]
        return sizes if index is None else sizes[index]

    def getMessage(self, index: int) -> object:  # noqa: N802
        return self.paths[index].open("rb")

    def getUidl(self, index: int) -> bytes:  # noqa: N802
        return hashlib.md5(self.paths[index].name.encode()).hexdigest().encode()

    def deleteMessage(self, index: int) -> None:  # noqa: N802
        self.paths[index] = None

    def undeleteMessages(self) -> None:  # noqa: N802
        self.paths = list(self.all)

    def sync(self) -> None:
        for path, kept in zip(self.all, self.paths, strict=True):
            if kept is None:
                path.unlink(missing_ok=True)


@implementer(portal.IRealm)
class Realm:
    def __init__(self, path: str) -> None:
        self.path = path

    def requestAvatar(self, user: bytes, mind: object, *interfaces: type) -> tuple:  # noqa: N802
        return pop3.IMailbox, Mailbox(self.path), lambda: None


@implementer(pop3.IServerFactory)
class Factory(protocol.ServerFactory):
    protocol = pop3.POP3
    challengers: ClassVar[dict[bytes, type]] = {b"CRAM-MD5": credentials.CramMD5Credentials}

    def __init__(self, entrance: portal.Portal) -> None:
        self.portal = entrance

    def buildProtocol(self, address: object) -> pop3.POP3:  # noqa: N802
        session = super().buildProtocol(address)
        session.portal = self.portal
        return session

    def cap_IMPLEMENTATION(self) -> bytes:  # noqa: N802
        return b"Twisted"

    def cap_EXPIRE(self) -> int:  # noqa: N802
        raise NotImplementedError

    def cap_LOGIN_DELAY(self) -> int:  # noqa: N802
        raise NotImplementedError


def main() -> None:
    user, password, path, plain_port, tls_port, cert, key = sys.argv[1:]
    users = checkers.InMemoryUsernamePasswordDatabaseDontUse(**{user: password.encode()})
    factory = Factory(portal.Portal(Realm(path), [users]))
    reactor.listenTCP(int(plain_port), factory, interface=HOST)
    reactor.listenSSL(int(tls_port), factory, ssl.DefaultOpenSSLContextFactory(key, cert), interface=HOST)
    reactor.run()


if __name__ == "__main__":
    main()
