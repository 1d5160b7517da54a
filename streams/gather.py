"""Answers many asks with one call: those that come while a call is under way share the next."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Gather(Generic[K, V]):
    """Every answer was read after its ask came in, so nobody is told what was true before they asked."""

    def __init__(self, call: Callable[[Iterable[K]], Awaitable[Mapping[K, V]]], most: int = 500) -> None:
        self._call = call
        self._most = most  # asks in one call
        self._waiting: dict[K, asyncio.Future[V]] = {}
        self._task: asyncio.Task[None] | None = None

    async def ask(self, key: K) -> V:
        """Return the answer to one ask; raises what the call raised."""
        future = self._waiting.get(key)
        if future is None:
            future = self._waiting[key] = asyncio.get_running_loop().create_future()
            if self._task is None:
                self._task = asyncio.get_running_loop().create_task(self._run())
        return await asyncio.shield(future)  # an asker that leaves must not take the others' answer with it

    async def ask_all(self, keys: Iterable[K]) -> dict[K, V]:
        """The same for several."""
        wanted = list(keys)
        return dict(zip(wanted, await asyncio.gather(*map(self.ask, wanted)), strict=True))

    async def _run(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(0)  # whoever asks in this turn of the event loop comes along
                keys = list(self._waiting)[: self._most]
                asked = {key: self._waiting.pop(key) for key in keys}
                try:
                    answers = await self._call(keys)
                except Exception as error:
                    for future in asked.values():
                        future.set_exception(error)
                        future.exception()  # seen, even if every asker has left
                else:
                    for key, future in asked.items():
                        future.set_result(answers[key])
        finally:
            self._task = None
