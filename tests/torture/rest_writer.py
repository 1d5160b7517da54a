"""Somebody who writes over REST and retries, with the same key, until there is an answer."""

import random
from datetime import UTC, datetime
from typing import Any

import anyio
import httpx

from tests.torture.ground import Ground


async def write_over_rest(ground: Ground, name: str) -> None:
    """Write until it is over."""
    chance = ground.chance(name)
    number = 0
    while not ground.over.is_set():
        number += 1
        await _one(ground, chance, f"{name}-{ground.seed}-{number}")
        await anyio.sleep(chance.choice((0, 0, 0.01, 0.05)))


async def _one(ground: Ground, chance: random.Random, key: str) -> None:
    method, path, body = _choose(ground, chance, key)
    headers = {"Idempotency-Key": key}
    if method in ("PATCH", "POST") and ("PATCH" in method or path.endswith("/move")) and chance.random() < 0.2:
        headers["If-Match"] = f'"{chance.randint(1, 6)}"'
    told: list[str] = []
    answer = await _insist(ground, method, path, body, headers, told)
    ledger = ground.ledger
    ledger.counts[f"rest {answer.status_code}"] += 1
    if answer.is_success:
        seq = answer.headers.get("event-seq")
        ledger.acknowledged[key] = (answer.headers["event-topic"], int(seq)) if seq else None
        if "/tickets" in path and method == "POST" and not path.endswith("/move"):
            ground.tickets.append(answer.json()["id"])
    else:
        assert answer.status_code in (403, 404, 409, 410, 422), f"{method} {path}: {answer.status_code} {answer.text}"
        ledger.refused[key] = told


async def _insist(
    ground: Ground, method: str, path: str, body: Any, headers: dict[str, str], told: list[str]
) -> httpx.Response:
    with anyio.fail_after(60):
        while True:
            told.append(f"{datetime.now(UTC):%H:%M:%S.%f} {method} {path}")
            try:
                answer = await ground.ada.http.request(method, path, json=body, headers=headers, timeout=5)
            except httpx.TransportError as error:
                told.append(f"{datetime.now(UTC):%H:%M:%S.%f} {error!r}")
                ground.ledger.counts["rest without answer"] += 1
            else:
                told.append(f"{datetime.now(UTC):%H:%M:%S.%f} {answer.status_code} {answer.text[:200]}")
                if answer.status_code != 503:
                    return answer
                assert "retry-after" in answer.headers, answer.text
                ground.ledger.counts["rest 503"] += 1
            await anyio.sleep(0.1)


def _choose(ground: Ground, chance: random.Random, key: str) -> tuple[str, str, dict[str, Any] | None]:
    board = chance.choice(ground.boards)
    column = chance.choice(board.columns)
    ticket = chance.choice(ground.tickets[-60:]) if ground.tickets else 0
    after: dict[str, Any] = chance.choice(({}, {}, {"after": None}, {"after": ticket}))
    description = chance.choice(("", "short", "ö" * 3000))
    kinds: list[tuple[int, tuple[str, str, dict[str, Any] | None]]] = [
        (30, ("POST", f"/api/columns/{column}/tickets", {"title": key, "description": description} | after)),
        (20, ("PATCH", f"/api/tickets/{ticket}", {"title": f"by {key}"})),
        (5, ("PATCH", f"/api/tickets/{ticket}", {"description": description, "title": key})),
        (25, ("POST", f"/api/tickets/{ticket}/move", {"column_id": column} | after)),
        (6, ("DELETE", f"/api/tickets/{ticket}", None)),
        (6, ("PATCH", f"/api/tickets/{ticket}", {"archived": False})),
        (2, ("PATCH", f"/api/columns/{column}", {"title": key})),
        (2, ("PATCH", f"/api/columns/{column}", {"wip_limit": chance.choice((None, 5, 40))})),
        (2, ("POST", f"/api/columns/{column}/move", {"after": chance.choice((None, *board.columns))})),
        (1, ("DELETE", f"/api/columns/{column}", None)),
        (4, ("PATCH", f"/api/columns/{column}", {"archived": False})),
        (2, ("PATCH", f"/api/boards/{board.id}", {"title": key, "description": "about"})),
        (1, ("POST", f"/api/boards/{ground.boards[0].id}/members", {"email": ground.bo.email, "role": "viewer"})),
        (1, ("DELETE", f"/api/boards/{ground.boards[0].id}/members/{ground.bo.id}", None)),
        (1, ("PATCH", f"/api/boards/{ground.boards[0].id}/members/{ground.bo.id}", {"role": "editor"})),
    ]
    return chance.choices([kind for _, kind in kinds], [weight for weight, _ in kinds])[0]
