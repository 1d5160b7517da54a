"""What can be set: by a flag of `livelane`, else by LIVELANE_*, else the default here."""

from pathlib import Path
from urllib.parse import urlsplit

import msgspec

ALL_V4 = "0.0.0.0"  # noqa: S104 -- compared with, not bound to
CHECKOUT = Path(__file__).parents[1]
CONNECTIONS = 3


class Settings(msgspec.Struct, frozen=True):
    """Everything the service needs to know from outside; the composition root makes the streams' settings from it."""

    database_url: str
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = ""  # "https://board.example/prefix" as browsers see it; "" when they use host and port
    trusted_proxies: tuple[str, ...] = ("127.0.0.1", "::1")  # addresses or networks whose X-Forwarded-* is believed
    only: str = ""  # "api", "streams", or "" for both in one process
    retention_days: int | None = None  # None keeps the log for ever
    app: str = "dev"  # the web app's version; a browser that runs another offers a reload
    earlier_assets: str = ""  # folder with the assets of earlier releases; "" when there is none
    wakeups: str = ""  # "nats://…": the streams have their wake-ups by NATS; "" listens to the database
    wakeup_shards: int = 2  # readers that NATS has them from
    connections: int = CONNECTIONS  # that the requests of a worker share

    @property
    def prefix(self) -> str:
        """The path under which everything is served: "" or "/prefix"."""
        return urlsplit(self.public_url).path.rstrip("/")

    @property
    def origin(self) -> str:
        """The scheme and host that browsers must come from: "https://board.example", or "" when unknown."""
        url = urlsplit(self.public_url)
        return f"{url.scheme}://{url.netloc}" if url.netloc else ""

    @property
    def secure(self) -> bool:
        """Whether browsers reach us over TLS."""
        return urlsplit(self.public_url).scheme == "https"

    @property
    def printed_url(self) -> str:
        """The address that links for people begin with, without a slash at the end."""
        if self.public_url:
            return self.public_url.rstrip("/")
        host = "localhost" if self.host in {"127.0.0.1", "::1", ALL_V4, "::"} else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


def data_directory() -> Path:
    """Return where the embedded database lives unless told: in the checkout, else in the user's data folder."""
    if (CHECKOUT / "pyproject.toml").exists():
        return CHECKOUT / ".livelane"
    return Path.home() / ".local" / "share" / "livelane"
