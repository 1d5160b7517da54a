"""Live streams of the log: GET /streams and everything under it.

A stream carries topics (`board/7`, `user/3`). The database numbers each topic's events 1, 2, 3 … without a gap, in the
order of commits, and announces on one channel which topic has moved. All that is shared with the service is the
database, and of it only that channel and the functions in `log.py`; what a board or a ticket is, nobody here knows.

How an event gets to a browser:

    wakeups.py      say that a topic moved: listener.py, straight from the database, or relay.py, by NATS; nothing else
    topics.py       reads the topic's news from the log, once for everybody, and keeps the newest as bytes (tail.py)
    hub.py          hands them to the streams that have everything before them
    subscriber.py   one open stream. Has it everything? Then the hub pushes to it. If not (it has just come, or its
                    reader is slow), it pulls: from the tail, the log, or a snapshot, as fast as its reader takes
    response.py     the HTTP response around it;  wire.py  what ASGI cannot say

and beside it:

    app.py          the two routes: who asks, what may they read, where do they go on
    cursor.py       where a stream stands, as its frames' ids say it;  frames.py  the bytes of the frames
    lookout.py      compares with the log what notifications have announced, after each reconnect and every few seconds
    rounds.py       one timer for all: heartbeats, access checked again, streams that have lived long enough
    gather.py       many asks, one query

Nothing is ever queued per stream: a stream that falls behind has its place in the log, and the log is the queue.
"""
