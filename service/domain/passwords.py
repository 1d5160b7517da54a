"""Passwords: hashed and checked by argon2, away from the event loop, in the same time whether there is one or not."""

import anyio
import anyio.to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)  # KiB; 20 to 40 ms
NOBODYS = HASHER.hash("of nobody")
AT_ONCE = 2  # more would take the processor from everybody else


class Passwords:
    """Hashes and checks, AT_ONCE at a time."""

    def __init__(self) -> None:
        self._limiter: anyio.CapacityLimiter | None = None

    async def hash(self, password: str) -> str:
        return await anyio.to_thread.run_sync(HASHER.hash, password, limiter=self._limit())

    async def matches(self, hashed: str | None, password: str) -> bool:
        """Whether this is the password. With None it takes as long and is False."""
        return await anyio.to_thread.run_sync(_matches, hashed, password, limiter=self._limit())

    def _limit(self) -> anyio.CapacityLimiter:
        if self._limiter is None:  # it needs the running event loop
            self._limiter = anyio.CapacityLimiter(AT_ONCE)
        return self._limiter


def _matches(hashed: str | None, password: str) -> bool:
    try:
        return HASHER.verify(hashed or NOBODYS, password) and hashed is not None
    except (VerificationError, InvalidHashError):
        return False
