"""WildDuck's POP3 server, from npm: the protocol is WildDuck's, the Maildir is ours in place of its database.

It announces PIPELINING and mixes up its replies where several messages are asked for at once. Nothing to run by hand.
"""

import json
import os
from pathlib import Path
from typing import ClassVar

from clients import PLAIN, STLS, TLS
from harness import PASSWORD, USER, expect

from servers.base import UNPACKED, MaildirStore, RealServer

FOLDER = UNPACKED / "wildduck"
PACKAGE = FOLDER / "node_modules" / "wildduck"
METHODS = ("user", "plain")


class WildDuck(RealServer):
    name = "WildDuck"
    offers: ClassVar[dict[str, tuple[str, ...]]] = {PLAIN: METHODS, STLS: METHODS, TLS: METHODS}

    def start(self) -> None:
        expect(PACKAGE.is_dir(), "WildDuck is not installed; run install.sh")
        self.store = MaildirStore(self.folder / "Maildir", os.geteuid(), os.getegid(), lines=True)
        certificates, server = self.setting.certificates, self.server
        script = Path(__file__).with_name("wildduck_process.js")
        given = [PACKAGE, USER, PASSWORD, self.store.path, server.plain_port, server.tls_port]
        self.spawn(["node", script, *given, certificates.cert, certificates.key])

    def version(self) -> str:
        return json.loads((PACKAGE / "package.json").read_text())["version"]
