"""Answers many asks with one call: those that come while a call is under way share the next."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

APART_S = 0.005  # between calls while asks keep coming, so that one answers many; the first goes out at once


class Gather(Generic[K, V]):
    """Every answer was read after its ask came in, so nobody is told what was true before they asked."""

    def __init__(self, call: Callable[[Iterable[K]], Awaitable[Mapping[K, V]]], most: int = 500) -> None:
        self._call = call
        self._most = most  # asks in one call
        self._waiting: dict[K, list[asyncio.Future[V]]] = {}
        self._task: asyncio.Task[None] | None = None

    async def ask(self, key: K) -> V:
        """Return the answer to one ask; raises what the call raised."""
        return await self._asked(key)

    async def ask_all(self, keys: Iterable[K]) -> dict[K, V]:
        """The same for several."""
        asked = {key: self._asked(key) for key in keys}
        return {key: await future for key, future in asked.items()}

    def _asked(self, key: K) -> "asyncio.Future[V]":
        loop = asyncio.get_running_loop()
        future: asyncio.Future[V] = loop.create_future()  # each asker's own: one that leaves cancels only that
        self._waiting.setdefault(key, []).append(future)
        if self._task is None:
            self._task = loop.create_task(self._run())
        return future

    async def _run(self) -> None:
        try:
            await asyncio.sleep(0)  # whoever asks in this turn of the event loop comes along
            while self._waiting:
                keys = list(self._waiting)[: self._most]
                asked = {key: self._waiting.pop(key) for key in keys}
                try:
                    answers = await self._call(keys)
                except Exception as error:
                    for future in _still_wanted(asked.values()):
                        future.set_exception(error)
                        future.exception()  # seen, even if its asker leaves before it looks
                else:
                    for key, futures in asked.items():
                        for future in _still_wanted([futures]):
                            future.set_result(answers[key])
                if self._waiting:
                    await asyncio.sleep(APART_S)
        finally:
            self._task = None


def _still_wanted(asked: "Iterable[list[asyncio.Future[V]]]") -> "list[asyncio.Future[V]]":
    return [future for futures in asked for future in futures if not future.done()]
