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

# Nothing but Dovecot's own: a login process and a mail process for every session, at most 100 and 1,024 at once.
DEFAULT = """
# Beyond its 10: all load comes from one address.
mail_max_userip_connections = 100000
"""

# What its documentation offers for speed, each tried here.
HIGH_PERFORMANCE = f"""
# One login process a processor, each for any number of connections: the "high-performance mode" of logins.
service pop3-login {{
  service_count = 0
  process_min_avail = {os.cpu_count()}
  process_limit = {os.cpu_count()}
  client_limit = {LIMIT}
}}
# Mail processes that stay, for up to eight sessions at once: less processor time and memory than one session each.
service pop3 {{
  service_count = 0
  client_limit = 8
  process_limit = {LIMIT}
}}
# Above the load, for the services behind these two.
default_client_limit = {2 * LIMIT}
default_process_limit = {LIMIT}
# A message that was fetched is not marked, which would rename its file.
pop3_no_flag_updates = yes
# A session trusts the sizes of its index and opens no message to measure it.
pop3_fast_size_lookups = yes
# A session looks for new mail, and reads the rest of the folder only if something is missing.
maildir_very_dirty_syncs = yes
# Nothing waits for the disk.
mail_fsync = never
# Sessions of a user are not counted, which saves a question for each.
mail_max_userip_connections = 0
# Nor does each report to the process of the statistics.
stats_writer_socket_path =
# The one thing that costs: RFC 1939 asks for it, and pop3d does it.
pop3_lock_session = yes
"""


class Dovecot:
    """Serves `maildirs`/NAME to each of the users, for the span of a `with`."""

    def __init__(
        self, folder: Path, maildirs: Path, users: list[str], password: str, settings: str = HIGH_PERFORMANCE
    ) -> None:
        program = shutil.which("dovecot", path=os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin")
        expect(program, "dovecot is not installed; run .ci/interop/install.sh")
        version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.split()[0]
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
# No log of sessions, as pop3d has none.
info_log_path = /dev/null
{own_users}
# Passwords in clear, from a file.
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
# Only root can change the root folder.
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    port = {self.port}
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
