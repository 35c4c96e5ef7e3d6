"""Listens on a loopback port and starts a command for each connection, with the connection as its input and output.

For servers that are meant to be started by inetd:  inetd.py PORT COMMAND [ARGUMENT]...
"""

import signal
import socket
import subprocess
import sys


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # no zombies
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    while True:
        connection, _ = listener.accept()
        subprocess.Popen(sys.argv[2:], stdin=connection, stdout=connection, restore_signals=True, preexec_fn=default)
        connection.close()


def default() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)


if __name__ == "__main__":
    main()
