"""What the service counts beside its requests (those are counted at the door): how its connections are used."""

import asyncio
from typing import NoReturn

from prometheus_client import Gauge

from service.bell import Bell
from service.database import Database

EVERY_S = 1.0
CONNECTIONS = Gauge(
    "livelane_pool_connections", "Open connections to the database, by lane", ["lane"], multiprocess_mode="livesum"
)
STATEMENTS = Gauge(
    "livelane_pool_statements", "Statements under way or waiting on them", ["lane"], multiprocess_mode="livesum"
)


async def watch(database: Database, bell: Bell) -> NoReturn:
    """Keep the figures of the pool, until cancelled."""
    lanes = {"quick": database.quick, "patient": database.patient, "wide": database.slow, "bell": bell.lane}
    while True:
        for name, lane in lanes.items():
            CONNECTIONS.labels(name).set(len(lane.up))
            STATEMENTS.labels(name).set(sum(len(pipeline.jobs) for pipeline in lane.up))
        await asyncio.sleep(EVERY_S)
