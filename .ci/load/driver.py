"""Runs the load driver. Nothing to run by hand."""

import json
import subprocess

from contenders import Running
from harness import HOST, PASSWORD, PROGRAMS, expect

LOAD = PROGRAMS / "load"


class Driver:
    """Started for the span of a `with`. `octets` are those of each message, to check that they came."""

    def __init__(
        self, server: Running, mode: str, *more: object, user: str = "user%d", first: int = 0, octets: int = 0
    ) -> None:
        command = [LOAD, "--address", f"{HOST}:{server.port}", "--server-pid", server.pid]
        command += ["--user", user, "--first", first, "--password", PASSWORD, mode, *more]
        self.mode = mode
        self.octets = octets
        command = list(map(str, command))
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def wait_until_open(self) -> None:
        line = self.process.stderr.readline()
        expect(line.startswith("open: "), f"the {self.mode} sessions did not open: {line}")

    def result(self) -> dict:
        """Waits for the end. Expects that something was done, without an error and with messages of the right size."""
        output, errors = self.process.communicate()
        expect(self.process.returncode == 0, f"{self.mode}: code {self.process.returncode}: {errors}")
        found = json.loads(output)
        expect(found["errors"] == 0, f"{self.mode}: {found['errors']} errors, the first: {found['first_error']}")
        expect(found["noops" if self.mode == "idle" else self.mode] > 0, f"{self.mode}: nothing was done: {found}")
        if self.mode == "messages":
            right = found["octets"] == found["messages"] * self.octets
            expect(right, f"not messages of {self.octets} octets: {found}")
        return found

    def __enter__(self) -> "Driver":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()
