"""Where wake-ups come from: PostgreSQL's own notifications, or NATS, by which many nodes have them from few readers.

A source keeps two promises: `rung(topic, session)` for each topic that is announced to have moved, `session` being the
one in PostgreSQL that announced it, and `again()` whenever announcements may have been missed.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

from streams import log
from streams.listener import Listener
from streams.settings import Settings

if TYPE_CHECKING:
    from streams.hub import Hub


class Wakeups(Protocol):
    """A source of wake-ups."""

    async def run(self) -> None:
        """Work until cancelled, whatever happens to what it hears by."""
        ...

    def health(self) -> dict[str, dict[str, object]]:
        """The parts of /health/ready that are about it, by name."""
        ...

    async def watch(self, topics: Iterable[str]) -> None:
        """Return when what is committed in these topics from now on will be announced, or `again` be called."""
        ...

    def forget(self, topic: str) -> None:
        """Nobody is interested in the topic any more."""
        ...


def create(settings: Settings, pool: log.Pool, hub: "Hub") -> Wakeups:
    """Return the source that the settings name."""
    if settings.wakeups:
        from streams.relay import Relay  # here: its client is an extra that need not be installed

        return Relay(settings, pool, hub.announced, hub.lookout.again, lambda: hub.topics.tails)
    return Listener(settings, pool, hub.announced, hub.lookout.again)
