"""Driver for s-nail (Heirloom mailx), in batch mode.

It adds an empty line at the end if there is none, one before a text without header, and a ">" before "From ".
"""

import os
from urllib.parse import quote

from clients import STLS, TLS, run

from drivers.base import HOST_NAME, Driver, Errand, files_in, version_in


class Snail(Driver):
    name = "s-nail"
    mechanisms = ("USER", "APOP", "XOAUTH2", "EXTERNAL")

    def version(self) -> str:
        return version_in(["s-nail", "--version"], r"s-nail v(\d[\d.]*\d)")

    def fetch(self, errand: Errand) -> list[bytes]:
        login, store = errand.login, errand.folder / "store"
        # What it calls oauthbearer is XOAUTH2; externanon leaves the name to the certificate.
        external = "external" if login.user else "externanon"
        auth = {"XOAUTH2": "oauthbearer", "EXTERNAL": external}.get(login.mechanism, "plain")
        settings = [
            "v15-compat",
            f"pop3-auth={auth}",
            f"{'no' if login.mechanism == 'APOP' else ''}pop3-no-apop",
            "pop3-bulk-load",
            "tls-verify=strict",
            f"tls-ca-file={errand.server.ca}",
            "tls-ca-no-defaults",
            "newfolders=maildir",
        ]
        if errand.mode == STLS:
            settings.append("pop3-use-starttls")
        if login.cert:
            settings.append(f"tls-config-pairs='Certificate={login.cert},PrivateKey={login.key}'")
        control = errand.folder / "settings"
        control.write_text("".join(f"set {setting}\n" for setting in settings))
        who = quote(login.user) + (f":{quote(login.secret)}" if login.secret else "") + ("@" if login.user else "")
        folder = f"pop3{'s' if errand.mode == TLS else ''}://{who}{HOST_NAME}:{errand.port}"
        commands = [f"copy * {store}", *([] if errand.keep else ["delete *"]), "quit"]
        each = [part for command in commands for part in ("-Y", command)]
        # -#: batch mode. -:u with no file: no settings but these.
        run(
            ["s-nail", "-:u", "-#", "-X", f"source {control}", *each, "-f", folder], "s-nail",
            env={**os.environ, "HOME": str(errand.folder), "MAILRC": "/dev/null"},
        )  # fmt: skip
        return files_in(store) if store.exists() else []

    def undo(self, stored: bytes) -> bytes:
        return stored.removesuffix(b"\n")

    def keeps(self, sent: bytes) -> bool:
        return super().keeps(sent) and not sent.endswith(b"\r\n\r\n") and b"\r\nFrom " not in sent
