"""Runs a Dovecot 2.3 in a scratch folder. Nothing to run by hand."""

import grp
import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

from harness import (
    HOST,
    PASSWORD,
    USER,
    Certificates,
    Failed,
    Server,
    expect,
    free_ports,
    give_to_mail_owner,
    mail_owner,
)

STOP_SECONDS = 60

# As pop3d does: RFC 1939 asks for the lock, and a message that was fetched is not renamed.
USUAL = """
pop3_no_flag_updates = yes
pop3_lock_session = yes
mail_max_userip_connections = 100
"""


def program() -> str:
    found = shutil.which("dovecot", path=os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin")
    expect(found, "dovecot is not installed; run .ci/interop/install.sh")
    return found


def version() -> str:
    return subprocess.run([program(), "--version"], capture_output=True, text=True, check=True).stdout.split()[0]


class Dovecot:
    """A server, running from its creation to `stop`, or for the span of a `with`. All users have the same password.

    `mail` is a Maildir, in which `%u` stands for the user; it must belong to the mail owner. `settings` are added
    after the ones here, so they win; `passdb` replaces the one here, which looks passwords up in the file.
    """

    def __init__(
        self,
        folder: Path,
        mail: Path,
        certificates: Certificates,
        users: Iterable[str] = (USER,),
        settings: str = USUAL,
        passdb: str = "",
    ) -> None:
        expect(version().startswith("2.3"), f"the configuration below is for Dovecot 2.3, this is {version()}")
        home = folder / "home"
        home.mkdir(parents=True, exist_ok=True)
        give_to_mail_owner(home)
        plain_port, tls_port = free_ports(2)
        self.server = Server(plain_port, tls_port, certificates.ca)
        uid, gid = mail_owner()
        own_users = ""
        if os.geteuid():  # started by root it wants its own users; started by another user it can only be that user
            me, my_group = pwd.getpwuid(uid).pw_name, grp.getgrgid(gid).gr_name
            own_users = f"default_internal_user = {me}\ndefault_login_user = {me}\ndefault_internal_group = {my_group}"
        (folder / "passwords").write_text("".join(f"{user}:{{PLAIN}}{PASSWORD}\n" for user in users))
        password_file = f"passdb {{\n  driver = passwd-file\n  args = {folder}/passwords\n}}"
        config = folder / "dovecot.conf"
        config.write_text(f"""
protocols = pop3
listen = {HOST}
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
{own_users}
ssl = yes
ssl_cert = <{certificates.cert}
ssl_key = <{certificates.key}
disable_plaintext_auth = no
auth_mechanisms = plain
{passdb or password_file}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}
}}
first_valid_uid = {uid}
first_valid_gid = {gid}
mail_location = maildir:{mail}
# Only root can change the root folder.
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    port = {plain_port}
  }}
  inet_listener pop3s {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
{settings}""")
        self.log = folder / "log"
        self.log.unlink(missing_ok=True)
        self.output = folder / "output"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen([program(), "-F", "-c", config], stdout=output, stderr=subprocess.STDOUT)
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection((HOST, self.server.plain_port), 1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.stop()
                    raise Failed(f"dovecot did not start: {self.output.read_text()}{self.logged()}") from None
                time.sleep(0.05)

    def logged(self) -> str:
        return self.log.read_text() if self.log.exists() else ""

    def stop(self) -> None:
        self.process.terminate()  # ends its children, too
        self.process.wait(STOP_SECONDS)

    def __enter__(self) -> "Dovecot":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
