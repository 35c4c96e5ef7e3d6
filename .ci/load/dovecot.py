"""A Dovecot of its own for many users at once. Nothing to run by hand."""

import grp
import os
import pwd
import shutil
import socket
import subprocess
import time
from pathlib import Path

from harness import HOST, Failed, expect, free_ports, give_to_mail_owner, mail_owner

# Above all that is asked of it: each session is a process.
LIMIT = 3000


class Dovecot:
    """Serves `maildirs`/NAME to each of the users, for the span of a `with`.

    Made for load: login processes serve many connections each, and a mail process serves one session after another
    instead of one in its life.
    """

    def __init__(self, folder: Path, maildirs: Path, users: list[str], password: str) -> None:
        program = shutil.which("dovecot", path=os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin")
        expect(program, "dovecot is not installed; run .ci/interop/install.sh")
        version = subprocess.run([program, "--version"], capture_output=True, text=True).stdout.split()[0]
        expect(version.startswith("2.3"), f"the configuration below is for Dovecot 2.3, this is {version}")
        home = folder / "home"
        home.mkdir(parents=True, exist_ok=True)
        give_to_mail_owner(home)
        (self.port,) = free_ports(1)
        uid, gid = mail_owner()
        own_users = ""
        if os.geteuid():  # started by anybody but root it can only be that user
            me, my_group = pwd.getpwuid(uid).pw_name, grp.getgrgid(gid).gr_name
            own_users = f"default_internal_user = {me}\ndefault_login_user = {me}\ndefault_internal_group = {my_group}"
        (folder / "passwords").write_text("".join(f"{user}:{{PLAIN}}{password}\n" for user in users))
        (folder / "dovecot.conf").write_text(f"""
protocols = pop3
listen = {HOST}
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
info_log_path = /dev/null
{own_users}
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain
passdb {{
  driver = passwd-file
  args = {folder}/passwords
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}
}}
first_valid_uid = {uid}
first_valid_gid = {gid}
mail_location = maildir:{maildirs}/%u
pop3_no_flag_updates = yes
pop3_lock_session = yes
mail_max_userip_connections = 100000
default_client_limit = {2 * LIMIT}
default_process_limit = {LIMIT}
service pop3-login {{
  chroot =
  service_count = 0
  process_min_avail = {os.cpu_count()}
  process_limit = {os.cpu_count()}
  client_limit = {LIMIT}
  inet_listener pop3 {{
    port = {self.port}
  }}
}}
service pop3 {{
  service_count = 256
  process_limit = {LIMIT}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
""")
        self.log = folder / "log"
        self.log.unlink(missing_ok=True)
        self.output = folder / "output"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [program, "-F", "-c", str(folder / "dovecot.conf")], stdout=output, stderr=subprocess.STDOUT
            )
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection((HOST, self.port), 1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.stop()
                    raise Failed(f"dovecot did not start: {self.output.read_text()}{self.complaints()}") from None
                time.sleep(0.05)

    def complaints(self) -> str:
        """What it logged beyond the ordinary: a limit that was reached, above all."""
        return self.log.read_text()[:2000] if self.log.exists() else ""

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(60)

    def __enter__(self) -> "Dovecot":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
