"""One true example of each body, for the documentation."""

from typing import Any

AT = "2026-11-23T10:00:00.123456Z"
UID = "0b8a2f4e-7a51-4a0e-9c55-3f1f3c9d2a10"
STAMPS: dict[str, Any] = {"archived_at": None, "created_at": AT, "created_by": 3, "updated_at": AT}

BOARD = {"id": 7, "uid": UID, "title": "Garden", "description": "", "version": 1, **STAMPS}
COLUMN = {
    "id": 4, "uid": UID, "board_id": 7, "title": "Doing", "wip_limit": 3, "rank": "a1", "version": 1, **STAMPS,
}  # fmt: skip
BRIEF = {
    "id": 12, "uid": UID, "board_id": 7, "column_id": 4, "title": "Water the plants", "has_description": True,
    "rank": "a0", "version": 8, **STAMPS,
}  # fmt: skip
MEMBER = {
    "id": 3, "person_id": 3, "name": "Ada", "email": "ada@example.org", "role": "owner", "version": 1, "created_at": AT,
    "created_by": 3, "updated_at": AT, "invitation_id": None, "link": None,
}  # fmt: skip
TOKEN = {"id": 5, "name": "backup script", "created_at": AT, "expires_on": "2027-11-23", "last_used_at": None}

EXAMPLES: dict[str, Any] = {
    "Board": BOARD | {"role": "owner"},
    "ListedBoard": BOARD | {"role": "owner", "tickets": 23, "changed_at": AT},
    "BoardMember": {"person_id": 3, "name": "Ada", "role": "owner"},
    "Snapshot": {
        "v": 1, "app": "1.0.0", "topic": "board/7", "seq": 42, "epoch": "5f3a9c01", "board": BOARD, "columns": [COLUMN],
        "tickets": [BRIEF], "members": [{"person_id": 3, "name": "Ada", "role": "owner"}], "labels": [],
    },
    "Archive": {"board": BOARD, "total": 1, "columns": [], "tickets": [BRIEF | {"archived_at": AT}]},
    "NewBoard": {"title": "Garden", "columns": ["To do", "Doing", "Done"]},
    "BoardChange": {"title": "Kitchen garden"},
    "Column": COLUMN,
    "NewColumn": {"title": "Review", "after": 4},
    "ColumnChange": {"wip_limit": 3},
    "ColumnMove": {"after": None},
    "Ticket": BRIEF | {"description": "Twice a week, **not** the cactus."},
    "NewTicket": {"title": "Water the plants", "description": "Twice a week, **not** the cactus."},
    "TicketChange": {"title": "Water the tomatoes"},
    "TicketMove": {"column_id": 4, "after": 11},
    "Member": MEMBER,
    "NewMember": {"email": "grace@example.org", "role": "editor"},
    "MemberChange": {"role": "viewer"},
    "Me": {
        "id": 3, "uid": UID, "name": "Ada", "email": "ada@example.org", "admin": True, "time_zone": "Europe/Berlin",
        "locale": "en-GB", "has_password": True, "version": 1, "created_at": AT, "updated_at": AT,
    },
    "Setup": {
        "code": "9vJx0gYk1m3s5t7u9w1y3A", "name": "Ada", "email": "ada@example.org",
        "password": "correct horse battery staple",
    },
    "SignIn": {"email": "ada@example.org", "password": "correct horse battery staple"},
    "Exchange": {"code": "9vJx0gYk1m3s5t7u9w1y3A"},
    "CodeUse": {
        "purpose": "invitation", "email": "grace@example.org", "name": None, "board": {"id": 7, "title": "Garden"},
        "role": "editor", "has_account": False,
    },
    "MeChange": {"name": "Ada L.", "time_zone": "Europe/London"},
    "Token": TOKEN,
    "ShownToken": TOKEN | {"token": "llt_kq0T5c…"},
    "NewToken": {"name": "backup script", "expires_on": "2027-11-23"},
    "Event": {
        "v": 1, "topic": "board/7", "seq": 43, "type": "ticket.updated", "at": AT, "via": "rest",
        "actor": {"id": 3, "name": "Ada"}, "op": "k1", "id": 12, "set": {"column_id": 5, "rank": "a1", "version": 8},
        "was": {"column_id": 4, "rank": "a0V", "version": 7},
    },
}  # fmt: skip
