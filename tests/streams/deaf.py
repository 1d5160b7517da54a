"""A wire between the streams and PostgreSQL that loses notifications."""

from tests.wire import Reader, Wire


class DeafWire(Wire):
    """Knows PostgreSQL's messages, and takes notifications out when told to."""

    def __init__(self, target: str) -> None:
        super().__init__(target)
        self.deaf = False  # lose every notification, as a transaction pooler does
        self.payloads: list[bytes] = []  # lose one notification for each of these
        self.taken = 0

    async def read(self, reader: Reader, *, down: bool) -> bytes:
        if not down:
            return await super().read(reader, down=down)
        while True:
            head = await reader.readexactly(5)
            body = await reader.readexactly(int.from_bytes(head[1:], "big") - 4)
            if head[:1] != b"A" or not self._takes(body[4:].split(b"\0")[1]):
                return head + body

    def _takes(self, payload: bytes) -> bool:
        if payload in self.payloads:
            self.payloads.remove(payload)
        elif not self.deaf:
            return False
        self.taken += 1
        return True
