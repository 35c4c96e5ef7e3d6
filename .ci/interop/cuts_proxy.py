"""A TCP proxy that puts a fault into one connection. Nothing to run by hand.

It needs no thread: `Proxy.serve` passes bytes while a client program runs. The faults are in `cuts_faults.py`.
"""

import select
import socket
import struct
import time

from harness import HOST

CLIENT, SERVER = "client", "server"
OTHER = {CLIENT: SERVER, SERVER: CLIENT}
PIECE = 65536


class Link:
    """A connection of the client, and the connection to the server that belongs to it."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.ends = {CLIENT: client, SERVER: server}
        self.open = {CLIENT, SERVER}  # ends that may still send
        self.held: dict[str, tuple[float, bytes]] = {}
        self.outlasted = False  # the client was still there when a hold was over
        self.abandoned = False
        self.passed = {CLIENT: bytearray(), SERVER: bytearray()}
        self.closed = False
        for end in self.ends.values():
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def pass_on(self, source: str, octets: bytes) -> None:
        """Sends to the other end what came from `source`, or what shall look like that."""
        self.passed[source] += octets
        try:
            self.ends[OTHER[source]].sendall(octets)
        except OSError:
            self.close()

    def pass_end(self, source: str) -> None:
        """Nothing more comes from `source`. The other end is told so, and may go on."""
        self.open.discard(source)
        if not self.open:
            self.close()
            return
        try:
            self.ends[OTHER[source]].shutdown(socket.SHUT_WR)
        except OSError:
            self.close()

    def hold(self, source: str, seconds: float, octets: bytes) -> None:
        """Passes nothing from `source` for this long, and then these bytes first."""
        self.held[source] = (time.monotonic() + seconds, octets)
        if self.abandoned:
            self.abandon()

    def abandon(self) -> None:
        """The client program has ended. It did not wait for what is held, so that is of no use."""
        self.abandoned = True
        self.open -= self.held.keys()
        self.held.clear()

    def let_go(self) -> float | None:
        """Goes on where the hold is over. Returns how long the next one lasts."""
        for source, (until, octets) in list(self.held.items()):
            if until <= time.monotonic():
                del self.held[source]
                self.outlasted = True
                self.pass_on(source, octets)
        if not self.held:
            return None
        # Not below 0, which would let poll() wait for ever.
        return max(0, min(until for until, _ in self.held.values()) - time.monotonic())

    def close(self) -> None:
        self.closed = True
        self.held.clear()
        for end in self.ends.values():
            end.close()

    def reset(self, *ends: str) -> None:
        """Closes both connections so that these ends see a reset."""
        for end in ends:
            self.ends[end].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def flood(self, octets: bytes, most: int, seconds: float) -> None:
        """Sends these bytes to the client again and again, up to this number and this time, then closes."""
        end, sent, until = self.ends[CLIENT], 0, time.monotonic() + seconds
        end.setblocking(False)
        while sent < most and time.monotonic() < until:
            if select.select([], [end], [], 0.1)[1]:
                try:
                    sent += end.send(octets[sent % len(octets) :])
                except BlockingIOError:
                    continue
                except OSError:
                    break
        self.close()


class Fault:
    """Passes everything as it is. All faults are subclasses."""

    kind = "no fault"
    struck = False
    blind = False  # it may make one reply look like another

    def opened(self, link: Link) -> None:
        """Called when the connection is there, before any byte."""

    def octets(self, link: Link, source: str, octets: bytes) -> None:
        link.pass_on(source, octets)

    def __str__(self) -> str:
        return self.kind


class Proxy:
    """Listens on one port until it is closed. `address` is where its connections to the server come from."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.listener = socket.create_server((HOST, 0))
        self.listener.setblocking(False)
        self.port = self.listener.getsockname()[1]

    def serve(self, target_port: int, fault: Fault, pid_fd: int, deadline: float) -> list[Link]:
        """Runs until the client program has ended or the deadline has come. The first connection gets the fault."""
        links: list[Link] = []
        try:
            running = True
            while True:
                waits = [pause for link in links if (pause := link.let_go()) is not None]
                # After let_go(), which closes a link to a server that is gone.
                if not running and not any(CLIENT in link.open and not link.closed for link in links):
                    break
                by_number = {
                    link.ends[source].fileno(): (link, source)
                    for link in links
                    if not link.closed
                    for source in link.open - link.held.keys()
                }
                poll = select.poll()
                for number in (self.listener.fileno(), *([pid_fd] if running else []), *by_number):
                    poll.register(number, select.POLLIN)
                left = deadline - time.monotonic()
                if left <= 0:
                    break
                for number, _ in poll.poll(1000 * min([left, *waits]) + 1):
                    if number == pid_fd:
                        running = False
                        for link in links:
                            link.abandon()
                    elif number == self.listener.fileno():
                        if client := self._accept():
                            server = socket.create_connection((HOST, target_port), 10, (self.address, 0))
                            link = Link(client, server)
                            links.append(link)
                            (fault if len(links) == 1 else Fault()).opened(link)
                    else:
                        link, source = by_number[number]
                        self._pump(link, source, fault if link is links[0] else Fault())
        finally:
            for link in links:
                link.close()
            while client := self._accept():
                client.close()
        return links

    def _accept(self) -> socket.socket | None:
        try:
            return self.listener.accept()[0]
        except OSError:
            return None

    @staticmethod
    def _pump(link: Link, source: str, fault: Fault) -> None:
        if link.closed or source not in link.open or source in link.held:
            return  # the fault has struck since
        try:
            octets = link.ends[source].recv(PIECE)
        except OSError:
            link.reset(OTHER[source])
            return
        if octets:
            fault.octets(link, source, octets)
        else:
            link.pass_end(source)

    def close(self) -> None:
        self.listener.close()
