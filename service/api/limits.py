"""How often one may be wrong: sign-in attempts per address of the network and per address of e-mail."""

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Generator
from contextlib import contextmanager

from service.domain.errors import Exists, Forbidden, Invalid, NotSignedIn, TooMany

WRONG = (NotSignedIn, Forbidden, Exists, Invalid)
KEPT = 10_000  # counters at most; the oldest go first


class Limit:
    """`burst` failures at once, then one every `refill_s`. Only failures count, so success is never in the way."""

    def __init__(self, burst: int, refill_s: float) -> None:
        self.burst = burst
        self.refill_s = refill_s
        self._full_at: OrderedDict[str, float] = OrderedDict()  # when the last failure will be forgotten

    @contextmanager
    def guess(self, who: str) -> Generator[None]:
        """Let a guess be made in the block; it counts when the block says it was wrong.

        It counts before, so that many at once gain nothing. Raises TooMany, with the seconds to wait.
        """
        now = time.monotonic()
        full_at = max(self._full_at.get(who, now), now) + self.refill_s
        over_s = full_at - now - self.burst * self.refill_s
        if over_s > 0:
            wait_s = math.ceil(over_s)
            raise TooMany(f"Too many attempts. Try again in {wait_s} s.", {"retry_s": wait_s})
        self._full_at[who] = full_at
        self._full_at.move_to_end(who)
        if len(self._full_at) > KEPT:
            self._full_at.popitem(last=False)
        wrong = False
        try:
            yield
        except WRONG:
            wrong = True
            raise
        finally:
            if not wrong and who in self._full_at:
                self._full_at[who] -= self.refill_s


def network(host: str) -> str:
    """Return what an address counts as: itself, or the /64 that an IPv6 address stands for, which is one customer."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(address) >> 64 << 64, 64)))


class Limits:
    """The two limits of sign-in and of codes."""

    def __init__(self) -> None:
        self.by_host = Limit(burst=30, refill_s=4.0)
        self.by_email = Limit(burst=10, refill_s=20.0)
