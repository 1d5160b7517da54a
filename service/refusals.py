"""What PostgreSQL's refusals mean in the words of the domain."""

import json
import logging

from service.domain.errors import OURS, Away, BoardError, Exists, Invalid, Locked, NotFound, NotSignedIn, OverLimit
from service.pipeline import Failure

logger = logging.getLogger(__name__)

HELD = "Somebody holds this row in an open transaction. Try again in a moment."
AGAIN = {"40P01", "40001"}  # deadlock, serialisation failure: worth another try
OF_WHO_ASKS = ("session_", "token_", "idempotency_")
# States and classes that say: not now. 54000: the queue of notifications is full.
UNAVAILABLE = ("08", "53", "54000", "57", "58", "25006")


def meaning(failure: Failure) -> BoardError:
    """Return what a refusal of PostgreSQL says in the words of the domain; raises the failure itself when unknown.

    PostgreSQL's own words go to the log: they may name hosts, roles and values, and whoever asks may be a stranger.
    """
    code = failure.code
    if ours := OURS.get(code):
        return ours(failure.sentence, json.loads(failure.detail))
    if code == "55P03":
        return Locked(HELD)
    if code == "23514" and failure.constraint == "wip_limit":
        return OverLimit(failure.sentence[0].upper() + failure.sentence[1:] + ".", {"field": "column_id"})
    if code == "23503":
        if failure.constraint.endswith("_created_by_fkey") or failure.constraint.startswith(OF_WHO_ASKS):
            return NotSignedIn("This account was deleted a moment ago.")
        return NotFound("What this belongs to was deleted a moment ago.")
    if code == "23505":
        return Exists("A row with this uid exists already.", {"field": failure.constraint.split("_")[-2]})
    if code in ("23514", "23502", "22001"):
        field = failure.column or "_".join(failure.constraint.split("_")[1:-1])
        return Invalid("The value breaks a rule of the database.", {"field": field})
    if code in ("22P05", "22021"):
        return Invalid("Text cannot hold NUL or half a surrogate pair.", {})
    if code.startswith("22"):
        logger.info("the database refuses a value: %s", failure)
        return Invalid("A value is out of range or of the wrong form.", {})
    if code.startswith(UNAVAILABLE) or code in AGAIN:
        logger.error("the database refuses to work: %s", failure)
        return Away("The database cannot do this now; the server's log says why.")
    raise failure
