"""How often one may be wrong: sign-in attempts per address of the network and per address of e-mail."""

import math
import time
from collections import OrderedDict

from service.domain.errors import TooMany

KEPT = 10_000  # counters at most; the oldest go first


class Limit:
    """`burst` failures at once, then one every `refill_s`. Counts failures alone, so success is never in the way."""

    def __init__(self, burst: int, refill_s: float) -> None:
        self.burst = burst
        self.refill_s = refill_s
        self._full_at: OrderedDict[str, float] = OrderedDict()  # when the last failure will be forgotten

    def check(self, who: str) -> None:
        """Raise TooMany, with the seconds to wait, when there were too many failures."""
        now = time.monotonic()
        over = self._full_at.get(who, now) - now - (self.burst - 1) * self.refill_s
        if over > 0:
            wait_s = math.ceil(over)
            raise TooMany(f"Too many attempts. Try again in {wait_s} s.", {"retry_s": wait_s})

    def failed(self, who: str) -> None:
        """Count a failure."""
        now = time.monotonic()
        self._full_at[who] = max(self._full_at.get(who, now), now) + self.refill_s
        self._full_at.move_to_end(who)
        if len(self._full_at) > KEPT:
            self._full_at.popitem(last=False)


class Limits:
    """The two limits of sign-in and of codes."""

    def __init__(self) -> None:
        self.by_host = Limit(burst=30, refill_s=4.0)
        self.by_email = Limit(burst=10, refill_s=20.0)
