"""A client connection of the soak: sends the bytes it is given and reads answers strictly."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable

OnData = Callable[[bytes], Awaitable[None]]


class Broken(Exception):
    """The connection ended or was reset before the answer did; `body` is what had come."""

    def __init__(self, reason: str, answer: "Answer | None" = None):
        super().__init__(reason)
        self.answer = answer


class Wrong(Exception):
    """What came is no HTTP, or can be read in two ways."""


class Answer:
    def __init__(self, status: int):
        self.status = status
        self.fields: dict[str, str] = {}
        self.body = b""
        self.interim = 0

    @property
    def closes(self) -> bool:
        return self.fields.get("connection", "").lower() == "close"


class Wire:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self.reader = reader
        self.writer = writer

    @staticmethod
    async def connect(address: str, receive_bytes: int = 0) -> "Wire":
        host, port = address.rsplit(":", 1)
        peer = socket.socket()
        peer.setblocking(False)
        if receive_bytes:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            await asyncio.get_running_loop().sock_connect(peer, (host, int(port)))
            return Wire(*await asyncio.open_connection(sock=peer))
        except BaseException:
            peer.close()
            raise

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    def leave(self, by_reset: bool = False) -> None:
        """Closes at once, by FIN or by RST."""
        peer = self.writer.transport.get_extra_info("socket")
        if by_reset and peer is not None and peer.fileno() >= 0:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    # Reading

    async def line(self, answer: Answer | None) -> bytes:
        try:
            line = await self.reader.readuntil(b"\r\n")
        except (asyncio.IncompleteReadError, OSError) as error:
            raise Broken(f"ended in a head or before a chunk: {error!r}", answer) from None
        except asyncio.LimitOverrunError:
            raise Wrong("a line without an end") from None
        if b"\r" in line[:-2] or b"\n" in line[:-2]:
            raise Wrong(f"a bare CR or LF in {line[:80]!r}")
        return line[:-2]

    async def exactly(self, answer: Answer, count: int, on_data: OnData | None) -> None:
        """The next bytes of the body, as they come."""
        pieces = []
        try:
            while count:
                try:
                    data = await self.reader.read(min(count, 65536))
                except OSError as error:
                    raise Broken(f"reset inside the body: {error!r}", answer) from None
                if not data:
                    raise Broken(f"{count} bytes are missing", answer)
                count -= len(data)
                pieces.append(data)
                if on_data is not None:
                    await on_data(data)
        finally:
            answer.body += b"".join(pieces)

    async def head(self) -> Answer:
        parts = (await self.line(None)).decode("latin-1").split(" ", 2)
        if parts[0] not in ("HTTP/1.1", "HTTP/1.0") or not parts[1:2] or not parts[1].isdigit():
            raise Wrong(f"no status line: {parts!r:.100}")
        answer = Answer(int(parts[1]))
        while line := await self.line(None):
            name, colon, value = line.decode("latin-1").partition(":")
            name = name.lower()
            if not colon or not name or name != name.strip() or name in answer.fields:
                raise Wrong(f"no field, or one twice: {line[:100]!r}")
            answer.fields[name] = value.strip(" \t")
        return answer

    async def answer(self, on_data: OnData | None = None) -> Answer:
        """A whole answer; raises `Broken` when it cannot be had."""
        interim = 0
        while (answer := await self.head()).status < 200:
            interim += 1
        answer.interim = interim
        length = answer.fields.get("content-length")
        coding = answer.fields.get("transfer-encoding")
        if (length is None) == (coding is None) or coding not in (None, "chunked"):
            raise Wrong(f"no framing or two: {answer.fields}")
        if length is not None:
            await self.exactly(answer, int(length), on_data)
        else:
            await self.chunks(answer, on_data)
        return answer

    async def chunks(self, answer: Answer, on_data: OnData | None) -> None:
        while size := int((await self.line(answer)).split(b";")[0], 16):
            await self.exactly(answer, size, on_data)
            if await self.line(answer):
                raise Wrong("a chunk without its end")
        while await self.line(answer):
            pass
