"""A load balancer for tests: one TCP port in front of several servers, sticky by a header."""

import asyncio
import contextlib
import re
import threading
import zlib

STICKY = "X-Visitor"
"""Requests with the same value go to the same server, as nginx's ``hash`` does by the address."""


class Balancer:
    """Serves from a thread of its own until :meth:`stop`.

    ports: of the servers on this machine. One that refuses a connection is passed over.
    """

    def __init__(self, ports):
        self._ports = ports
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(
            asyncio.start_server(self._serve, "127.0.0.1", 0)
        )
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/"
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def order(self, visitor):
        """The ports in the order in which they are tried for that visitor."""
        first = zlib.crc32(visitor.encode()) % len(self._ports)
        return self._ports[first:] + self._ports[:first]

    def stop(self):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0.1))
        self._loop.close()

    async def _serve(self, reader, writer):
        """One connection of a visitor, whatever number of requests it carries."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            found = re.search(rf"^{STICKY}: (.*)\r$", head.decode("latin-1"), re.M | re.I)
            upstream = await self._connect(found[1] if found else "")
            upstream[1].write(head)
            await asyncio.gather(_pump(reader, upstream[1]), _pump(upstream[0], writer))
        writer.close()

    async def _connect(self, visitor):
        for port in self.order(visitor):
            with contextlib.suppress(ConnectionRefusedError):
                return await asyncio.open_connection("127.0.0.1", port)
        raise ConnectionRefusedError("no server is left")


async def _pump(reader, writer):
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()
