"""The server is gone and a standby takes over: what it is asked for by a former cursor begins anew (F7)."""

import os
from pathlib import Path

import psycopg

from service.schema.embedded import attach
from service.schema.migrate import migrate
from tests.streams.conftest import Site, populate


async def test_a_promoted_standby_is_another_epoch(tmp_path: Path):
    data = tmp_path / "data"
    with attach(data) as server:
        migrate(server.url)
        populate(server.url)
        site = Site(server.url, tmp_path / "streams.log")
        try:
            site.start()
            async with site.open("/boards/1") as stream:
                before = await stream.named("snapshot")
                cursor = stream.cursor
        finally:
            site.close()

    signal = data / "postgres" / "standby.signal"
    signal.touch()
    owner = signal.parent.stat()
    os.chown(signal, owner.st_uid, owner.st_gid)
    with attach(data) as server, psycopg.connect(server.admin_url, autocommit=True) as admin:
        assert admin.execute("SELECT pg_is_in_recovery()").fetchone() == (True,)
        assert admin.execute("SELECT pg_promote()").fetchone() == (True,)
        epoch = (admin.execute("SELECT current_epoch()").fetchone() or [""])[0]
        try:
            site.start()
            async with site.open("/boards/1", cursor) as stream:
                after = await stream.named("snapshot")
                admin.execute("UPDATE ticket SET title = 'written here' WHERE id = 1")
                change = await stream.change()
        finally:
            site.close()

    assert epoch != before["epoch"]
    assert (after["reason"], after["epoch"], after["seq"]) == ("epoch", epoch, before["seq"])
    assert change["seq"] == before["seq"] + 1
