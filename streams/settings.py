"""What the streams need to know from outside; the composition root fills it in."""

import msgspec


class Settings(msgspec.Struct, frozen=True):
    """Times are in seconds. The defaults are for browsers on the open internet; tests shorten them."""

    database_url: str
    app: str = "dev"  # the web app's version, named in snapshots
    connections: int = 4  # of the pool that reads the log, per process
    heartbeat_s: float = 8.0  # 10 is promised; a busy moment must fit between
    send_timeout_s: float = 10.0  # a reader that takes nothing for so long is cut, with a goodbye if it can be had
    silence_s: float = 15.0  # a client whose kernel acknowledges nothing for so long is gone
    recheck_s: float = 60.0  # how long a lost revocation may go unnoticed
    rotate_s: tuple[float, float] = (600.0, 900.0)  # a stream's life, jittered
    overlap_s: float = 1.0  # after the goodbye of a rotation, while the reader opens its next stream
    poll_s: float = 4.0  # between two looks at the heads of watched topics
    echo_s: float = 5.0  # between two round trips through the listener, and how long one may take
    wakeups: str = ""  # "nats://…": wake-ups come by NATS; "" listens to the database
    shards: int = 2  # readers that NATS has them from, each of a part of the topics; the same on every node
    silence_of_reader_s: float = 5.0  # after which a reader is made to give way
    forget_s: float = 20.0  # how long a topic's ring outlives its last reader
    streams_per_process: int = 20_000
    streams_per_person: int = 10_000  # half of it, so that one runaway script does not lock everybody out
    retry_ms: tuple[int, int] = (1000, 3000)  # between the end of a stream and the client's next, jittered
