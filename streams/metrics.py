"""What the streams count, for GET /metrics. Never names a board or a person."""

from prometheus_client import Counter, Gauge, Histogram

OPEN = Gauge("livelane_streams_open", "Open streams", multiprocess_mode="livesum")
BEHIND = Gauge("livelane_streams_behind", "Open streams whose reader is behind", multiprocess_mode="livesum")
LAG = Gauge("livelane_streams_lag_events", "Events the furthest reader is behind", multiprocess_mode="livemax")
TOPICS = Gauge("livelane_streams_topics", "Topics watched", multiprocess_mode="livesum")
RING_BYTES = Gauge("livelane_streams_ring_bytes", "Bytes of events kept for readers", multiprocess_mode="livesum")
OPENED = Counter("livelane_streams_opened", "Streams opened, by how they began", ["resume"])
CLOSED = Counter("livelane_streams_closed", "Streams closed, by reason", ["reason"])
REFUSED = Counter("livelane_streams_refused", "Streams refused before the first byte", ["status"])
SNAPSHOTS = Counter("livelane_streams_snapshots", "Snapshots sent, by reason", ["reason"])
READS = Counter("livelane_streams_reads", "Reads of the log, by what for", ["what"])
DELIVERIES = Counter("livelane_streams_deliveries", "Events handed to live streams")
COMMIT_TO_SEND = Histogram(
    "livelane_streams_commit_to_send_seconds",
    "From an event's time to the moment its last live reader was sent it",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)
TASKS = Gauge("livelane_tasks", "Tasks of the event loop", multiprocess_mode="livesum")
LISTENER_UP = Gauge("livelane_listener_up", "1 while notifications are heard", multiprocess_mode="livemin")
LISTENER_CONNECTS = Counter("livelane_listener_connects", "Connections made to listen")
ROUND_TRIP = Histogram(
    "livelane_listener_round_trip_seconds",
    "From NOTIFY to its own listener",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5),
)
QUEUE_USAGE = Gauge("livelane_notify_queue_usage", "PostgreSQL's notification queue, 0 to 1", multiprocess_mode="max")
POLL_FOUND = Counter("livelane_poll_found", "Topics that had moved without a notification")
POOL_SIZE = Gauge("livelane_streams_pool_size", "Connections that read the log", multiprocess_mode="livesum")
POOL_FREE = Gauge("livelane_streams_pool_free", "Of these, idle ones", multiprocess_mode="livesum")
POOL_WAITING = Gauge("livelane_streams_pool_waiting", "Reads waiting for one", multiprocess_mode="livesum")
LOOP_LAG = Gauge("livelane_loop_lag_seconds", "How late the event loop runs a timer", multiprocess_mode="livemax")
