"""A PostgreSQL for tests, and fresh databases in it."""

import contextlib
from collections.abc import Generator
from urllib.parse import urlsplit

import msgspec
import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict


class Cluster(msgspec.Struct, frozen=True):
    """Where the tests' PostgreSQL is."""

    url: str  # the role that owns the tests' databases
    admin_url: str  # a superuser, or the same

    @contextlib.contextmanager
    def database(self, name: str, template: str | None = None) -> Generator[str]:
        """Make a database for the block and give its URL; its sessions are ended with it."""
        owner = conninfo_to_dict(self.url)["user"]
        create = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(str(owner)), sql.Identifier(template or "template1")
        )
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        with psycopg.connect(self.admin_url, autocommit=True) as conn:
            conn.execute(drop)
            conn.execute(create)
        try:
            yield _with_name(self.url, name)
        finally:
            with psycopg.connect(self.admin_url, autocommit=True) as conn:
                conn.execute(drop)

    def admin_url_of(self, url: str) -> str:
        """Return the superuser's URL of the same database."""
        return _with_name(self.admin_url, name_of(url))


def name_of(url: str) -> str:
    """Return the database's name in a URL."""
    return urlsplit(url).path.removeprefix("/")


def _with_name(url: str, name: str) -> str:
    return urlsplit(url)._replace(path=f"/{name}").geturl()
