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
LENGTH = re.compile(rb"(?i)\r\n(content-length|transfer-encoding):")
CLOSE = re.compile(rb"(?i)\r\nconnection: close")


async def end(task):
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


class Proxy:
    """Relays connections to a loopback port, in a thread of its own, and counts them and their requests.

    Where the server closes a connection after an answer, as LocalStack does, the client's is closed as well. With
    `keep_alive`, which is only for such servers, the client's stays open for the next request, as AWS leaves it.
    """

    def __init__(self, upstream, round_trip, keep_alive=False, ignore_conditional_delete=False):
        self.upstream = upstream
        self.round_trip = round_trip
        self.keep_alive = keep_alive
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
        connected = asyncio.get_running_loop().time() + self.round_trip
        try:
            while data := await client_in.read(65536):
                await self._exchange(data, client_in, client_out, connected)
                if not self.keep_alive:
                    break
        except OSError:
            pass
        finally:
            client_out.close()

    async def _exchange(self, data, client_in, client_out, connected):
        """Relays from the first bytes of a request until the server closes."""
        server_in, server_out = await asyncio.open_connection("127.0.0.1", self.upstream)
        state = {"answered": True}

        def request(data):
            if state["answered"]:
                state["answered"] = False
                self.requests.append(data.split(b" HTTP/", 1)[0].decode("latin-1"))
                if self.ignore_conditional_delete and data.startswith(b"DELETE "):
                    return CONDITION.sub(b"\r\nx-ignore:", data)
            return data

        def answer(data):
            # An interim answer asks for the rest of the same request.
            state["answered"] = state["answered"] or not data.startswith(b"HTTP/1.1 100")
            return data

        there = asyncio.ensure_future(self._pump(client_in, server_out, request, connected, first=data))
        if self.keep_alive:
            back = asyncio.ensure_future(self._answer(server_in, client_out, answer))
        else:
            back = asyncio.ensure_future(self._pump(server_in, client_out, answer))
        try:
            # A client that goes ends the way there, and with that the server's connection.
            await asyncio.wait([back])
        finally:
            await end(there)
            await end(back)
            server_out.close()

    async def _answer(self, reader, writer, seen):
        """Passes on an answer that ends with its connection, so that the client's can serve another one."""
        answer = b""
        while data := await reader.read(65536):
            if data.startswith(b"HTTP/1.1 100") and data.endswith(b"\r\n\r\n"):
                await asyncio.sleep(self.round_trip / 2)
                writer.write(seen(data))
            else:
                answer += data
        head, _, body = answer.partition(b"\r\n\r\n")
        head = CLOSE.sub(b"", head)
        if not LENGTH.search(head) and b" 204 " not in head[:16]:
            head += b"\r\nContent-Length: %d" % len(body)
        await asyncio.sleep(self.round_trip / 2)
        writer.write(seen(head + b"\r\n\r\n" + body))
        await writer.drain()

    async def _pump(self, reader, writer, seen, earliest=0.0, first=b""):
        """Passes on what comes, half a round trip later."""
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
            data = first or await reader.read(65536)
            while True:
                at = max(loop.time(), earliest) + self.round_trip / 2
                under_way.put_nowait((at, seen(data) if data else data))
                if not data:
                    break
                data = await reader.read(65536)
            await delivery
        finally:
            await end(delivery)
