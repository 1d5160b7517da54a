"""Random secrets and their hashes: the database keeps hashes alone."""

import hashlib
import secrets


def new_session() -> str:
    return "lls_" + secrets.token_urlsafe(32)


def new_token() -> str:
    return "llt_" + secrets.token_urlsafe(32)


def new_code() -> str:
    """Return a one-time code of 128 bits, for the fragment of a link."""
    return secrets.token_urlsafe(16)


def hashed(secret: str | bytes) -> bytes:
    """Return the SHA-256 as PostgreSQL reads bytea."""
    raw = secret.encode() if isinstance(secret, str) else secret
    return b"\\x" + hashlib.sha256(raw).hexdigest().encode()
