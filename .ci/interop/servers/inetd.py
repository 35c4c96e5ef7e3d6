"""Listens on a loopback port and starts a command for each connection, with the connection as its input and output.

It is for servers that are meant to be started by inetd:  inetd.py PORT COMMAND [ARGUMENT]...
"""

import socket
import subprocess
import sys


def main() -> None:
    started: list[subprocess.Popen] = []
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    while True:
        connection, _ = listener.accept()
        started = [process for process in started if process.poll() is None]  # no zombies
        started.append(subprocess.Popen(sys.argv[2:], stdin=connection, stdout=connection))
        connection.close()


if __name__ == "__main__":
    main()
