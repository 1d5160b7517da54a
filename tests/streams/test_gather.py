"""Many asks, few calls: nobody's answer is older than their question, and nobody takes another's along."""

import asyncio
from collections.abc import Iterable

from anyio import wait_all_tasks_blocked

from streams.gather import Gather


class Desk:
    """Answers each key with the number of the call, when it is let; keeps what it was asked for."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.open = asyncio.Event()
        self.asks = Gather(self._answer)

    async def _answer(self, keys: Iterable[str]) -> dict[str, int]:
        self.calls.append(list(keys))
        await self.open.wait()
        return dict.fromkeys(self.calls[-1], len(self.calls))


async def test_those_who_ask_during_a_call_share_the_next():
    desk = Desk()
    first = asyncio.create_task(desk.asks.ask("a"))
    await wait_all_tasks_blocked()
    second = asyncio.create_task(desk.asks.ask_all(["a", "b"]))
    third = asyncio.create_task(desk.asks.ask("b"))
    await wait_all_tasks_blocked()

    desk.open.set()

    assert await first == 1
    assert await second == {"a": 2, "b": 2}
    assert await third == 2
    assert desk.calls == [["a"], ["a", "b"]]


async def test_one_who_leaves_takes_nobodys_answer_along():
    desk = Desk()
    leaves, stays = (asyncio.create_task(desk.asks.ask("a")) for _ in range(2))
    await wait_all_tasks_blocked()
    leaves.cancel()
    await asyncio.wait([leaves])

    desk.open.set()

    assert await stays == 1
    assert leaves.cancelled()


async def test_a_failed_call_fails_those_who_asked_and_no_later_one():
    calls = 0

    async def answer(keys: Iterable[str]) -> dict[str, int]:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise OSError("away")
        return dict.fromkeys(keys, calls)

    asks = Gather(answer)
    both = await asyncio.gather(asks.ask("a"), asks.ask_all(["a", "b"]), return_exceptions=True)

    assert [repr(each) for each in both] == ["OSError('away')"] * 2
    assert await asks.ask("a") == 2
