"""A slow link: 20 ms each way, and 100 Mbit/s for all that comes back together.

    python relay.py SITES PORT TO_PORT COUNTER_SOCKET

Listens on 127.0.0.1, .2 and so on, at PORT, and connects to the same addresses
at TO_PORT. What a server sends leaves the link in the order in which it came,
at the link's rate; as with a TCP window, a connection has at most 64 KB on the
way, and the server's next bytes are not read before. So what a client cuts off
was not sent. Setting up a connection costs a round trip. Whoever connects to
COUNTER_SOCKET gets the number of bytes that have gone back.
"""

import asyncio
import socket
import sys
from collections import deque

import uvloop

DELAY = 0.020
RATE = 100_000_000 / 8
WINDOW = 64 * 1024
# What the kernel reads ahead of the relay; it keeps twice as much as is asked for.
BUFFER = 16 * 1024


class Link:
    """When bytes have passed, and how many."""

    def __init__(self, loop):
        self.loop = loop
        self.free = 0.0
        self.passed = 0

    def departure(self, size):
        """Return when *size* bytes that are here now have left the link."""
        self.free = max(self.free, self.loop.time()) + size / RATE
        self.passed += size
        return self.free


class Server(asyncio.Protocol):
    """The connection to the server, whose answers take the link."""

    def __init__(self, client, link):
        self.client = client
        self.link = link
        self.loop = link.loop
        self.pending = 0
        self.last = 0.0

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.last = self.link.departure(len(data)) + DELAY
        self.client.answers.append(data)
        self.loop.call_at(self.last, self.client.deliver)
        self.loop.call_at(self.last + DELAY, self.acknowledged, len(data))
        self.pending += len(data)
        if self.pending >= WINDOW:
            self.transport.pause_reading()

    def acknowledged(self, size):
        self.pending -= size
        if self.pending < WINDOW and not self.client.full:
            self.transport.resume_reading()

    def connection_lost(self, error):
        self.loop.call_at(max(self.last, self.loop.time()), self.client.close)


class Client(asyncio.Protocol):
    """A client's connection; what it sends is late, but takes no bandwidth."""

    def __init__(self, link, port):
        self.link = link
        self.loop = link.loop
        self.port = port
        self.server = None
        # Timers may be out of order by a millisecond; bytes must not be.
        self.asked = deque()
        self.answers = deque()
        self.due = 0
        self.ended = False
        self.full = False
        self.closed = False

    def connection_made(self, transport):
        self.transport = transport
        host = transport.get_extra_info("sockname")[0]
        # A client's first bytes come a round trip after its first packet.
        self.open_at = self.loop.time() + 2 * DELAY
        self.task = self.loop.create_task(self.connect(host))

    async def connect(self, host):
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        sock.setblocking(False)
        try:
            await self.loop.sock_connect(sock, (host, self.port))
        except OSError:
            sock.close()
            self.transport.abort()
            return
        make = lambda: Server(self, self.link)  # noqa: E731
        _, self.server = await self.loop.create_connection(make, sock=sock)
        self.send()
        if self.closed:
            self.server.transport.abort()

    def data_received(self, data):
        at = max(self.loop.time(), self.open_at) + DELAY
        self.asked.append(data)
        self.loop.call_at(at, self.forward)

    def forward(self):
        self.due += 1
        if self.server:
            self.send()

    def send(self):
        while self.due:
            self.due -= 1
            self.server.transport.write(self.asked.popleft())

    def deliver(self):
        data = self.answers.popleft()
        if not self.closed:
            self.transport.write(data)
        if self.ended:
            self.close()

    def pause_writing(self):
        self.full = True
        self.server.transport.pause_reading()

    def resume_writing(self):
        self.full = False
        self.server.acknowledged(0)

    def close(self):
        self.ended = True
        if not self.answers:
            self.transport.close()

    def connection_lost(self, error):
        self.closed = True
        self.loop.call_later(DELAY, self.hang_up)

    def hang_up(self):
        if self.server:
            self.server.transport.abort()


async def main(sites, port, to_port, counter):
    loop = asyncio.get_running_loop()
    link = Link(loop)

    async def count(_, writer):
        writer.write(str(link.passed).encode())
        await writer.drain()
        writer.close()

    servers = [await asyncio.start_unix_server(count, counter)]  # or they close
    make = lambda: Client(link, to_port)  # noqa: E731
    for number in range(sites, 0, -1):
        address = f"127.0.0.{number}"
        servers.append(await loop.create_server(make, address, port, backlog=1024))
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main(*map(int, sys.argv[1:4]), sys.argv[4]))
