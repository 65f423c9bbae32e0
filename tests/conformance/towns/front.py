"""TLS in front of loopback: `front.py PEM HOST:PORT...`; each is taken to the same port of 127.0.0.1."""

import asyncio
import contextlib
import ssl
import sys


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(65_536):
            writer.write(chunk)
            await writer.drain()
    with contextlib.suppress(OSError):
        writer.close()


async def _front(pem: str, places: list[str]) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pem)
    servers = []
    for place in places:
        host, _, port = place.rpartition(":")

        async def serve(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int = int(port)
        ) -> None:
            try:
                behind = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                writer.close()
                return
            await asyncio.gather(_pass(reader, behind[1]), _pass(behind[0], writer))

        servers.append(await asyncio.start_server(serve, host, int(port), ssl=tls))
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    asyncio.run(_front(sys.argv[1], sys.argv[2:]))
