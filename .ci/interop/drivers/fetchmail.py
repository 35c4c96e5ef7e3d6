"""Driver for fetchmail. `clients.fetchmail_keeps` says what it alters. Its reads decide where it cuts long lines."""

import os

from clients import PLAIN, STLS, TLS, fetchmail_keeps, run

from drivers.base import ANY, HOST_NAME, Driver, Errand, version_in

NO_MAIL = 1  # exit code


class Fetchmail(Driver):
    name = "fetchmail"
    mechanisms = ("USER", "APOP", "CRAM-MD5")
    repeats = False

    def version(self) -> str:
        return version_in(["fetchmail", "--version"], r"fetchmail release (\d[\d.]*\d)")

    def fetch(self, errand: Errand) -> list[bytes]:
        folder, login = errand.folder, errand.login
        store, deliver = folder / "store", folder / "deliver.sh"
        store.mkdir()
        deliver.write_text(f"#!/bin/sh\nexec cat >\"$(mktemp '{store}/XXXXXXXX')\"\n")
        deliver.chmod(0o700)
        protocol = "apop" if login.mechanism == "APOP" else "pop3"
        auth = {"CRAM-MD5": "cram-md5", ANY: "any"}.get(login.mechanism, "password")
        security = {PLAIN: "sslproto ''", STLS: "sslproto 'TLS1.2+'", TLS: "ssl"}[errand.mode]
        control = folder / "fetchmailrc"
        control.touch(0o600)
        control.write_text(
            "set no bouncemail\nset no syslog\n"
            f"poll {HOST_NAME} protocol {protocol} service {errand.port} timeout 20 auth {auth} bad-header accept\n"
            f'user "{login.user}" password "{login.secret}" fetchall no rewrite\n'
            f"{'keep' if errand.keep else 'no keep'}\n"
            f'{security} sslcertck sslcertfile "{errand.server.ca}" mda "{deliver}"\n'
        )
        files = ["--fetchmailrc", control, "--idfile", folder / "ids", "--pidfile", folder / "pid"]
        environment = {**os.environ, "FETCHMAILHOME": str(folder)}
        run(["fetchmail", "--invisible", *files], "fetchmail", codes=(0, NO_MAIL), env=environment)
        return [path.read_bytes() for path in store.iterdir()]

    def keeps(self, sent: bytes) -> bool:
        return fetchmail_keeps(sent)
