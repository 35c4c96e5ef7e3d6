"""The settings of Dovecot for many users at once. Nothing to run by hand."""

import os

# More than the load asks for, as each session is a process.
LIMIT = 3000

# No TLS and no log of sessions, as in pop3d.
BOTH = """
ssl = no
info_log_path = /dev/null
"""

# Dovecot's own settings: a login process and a mail process for every session, at most 100 and 1,024 at once.
DEFAULT = f"""{BOTH}
# Beyond its 10: all load comes from one address.
mail_max_userip_connections = 100000
"""

# The settings that its documentation offers for speed. Each was tried here.
HIGH_PERFORMANCE = f"""{BOTH}
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
# More than the load asks for, for the services that these two use.
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
