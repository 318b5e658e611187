"""A network between a client and a loopback server that is as slow as a long one.

Every byte is half a round trip under way, in either direction, and connecting takes a round trip before the first byte
is sent: so a request on an open connection takes one round trip longer, and the first one of a connection two. What a
client sends as `Expect: 100-continue` takes its further round trip as well. Bandwidth is not limited, and TLS, whose
handshake would be one round trip more for each connection, is left out: all clients speak HTTP here.
"""

import asyncio
import re
import threading

CONDITION = re.compile(rb"(?i)\r\nif-match:")


async def ended(tasks):
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class Proxy:
    """Relays connections to a loopback port, in a thread of its own, and counts them and their requests."""

    def __init__(self, upstream, round_trip, ignore_conditional_delete=False):
        self.upstream = upstream
        self.round_trip = round_trip
        self.ignore_conditional_delete = ignore_conditional_delete
        self.connections = 0
        self.requests = []
        self.port = None
        ready = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._serve(ready)), daemon=True).start()
        ready.wait()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def reset(self):
        self.connections, self.requests = 0, []

    async def _serve(self, ready):
        server = await asyncio.start_server(self._relay, "127.0.0.1", 0, backlog=512)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await server.serve_forever()

    async def _relay(self, client_in, client_out):
        self.connections += 1
        opened = asyncio.get_running_loop().time()
        server_in, server_out = await asyncio.open_connection("127.0.0.1", self.upstream)
        state = {"idle": True}

        def from_client(data):
            if state["idle"]:
                state["idle"] = False
                self.requests.append(data.split(b" HTTP/", 1)[0].decode("latin-1"))
                if self.ignore_conditional_delete and data.startswith(b"DELETE "):
                    data = CONDITION.sub(b"\r\nx-ignore:", data)
            return data

        def from_server(data):
            # An interim answer asks for the rest of the same request.
            if not (data.startswith(b"HTTP/1.1 100") and data.endswith(b"\r\n\r\n") and data.count(b"HTTP/1.1") == 1):
                state["idle"] = True
            return data

        ways = [
            asyncio.ensure_future(self._pump(client_in, server_out, opened + self.round_trip, from_client)),
            asyncio.ensure_future(self._pump(server_in, client_out, opened, from_server)),
        ]
        # A way that breaks ends the other one.
        await asyncio.wait(ways, return_when=asyncio.FIRST_EXCEPTION)
        await ended(ways)
        for writer in (client_out, server_out):
            writer.close()

    async def _pump(self, reader, writer, earliest, seen):
        loop = asyncio.get_running_loop()
        under_way = asyncio.Queue()

        async def deliver():
            while True:
                at, data = await under_way.get()
                await asyncio.sleep(max(0.0, at - loop.time()))
                if not data:
                    if writer.can_write_eof():
                        writer.write_eof()
                    return
                writer.write(data)
                await writer.drain()

        delivery = asyncio.ensure_future(deliver())
        try:
            while True:
                data = await reader.read(65536)
                data = seen(data) if data else data
                under_way.put_nowait((max(loop.time(), earliest) + self.round_trip / 2, data))
                if not data:
                    break
            await delivery
        finally:
            await ended([delivery])
