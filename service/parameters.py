"""Types of the command's parameters: what is no such thing is said at once, with one that would be right."""

import contextlib
import ipaddress
from urllib.parse import urlsplit

import click


class WebAddress(click.ParamType[str]):
    """An address such as https://board.example/prefix, without a slash at its end; may be empty."""

    name = "url"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value)
        if text and not _is_web_address(text):
            self.fail(f"{text!r} is not like https://board.example, http://localhost:8000 or …/prefix", param, ctx)
        return text.rstrip("/")


def _is_web_address(text: str) -> bool:
    with contextlib.suppress(ValueError):  # a port that is none, a bracket without its other
        url = urlsplit(text)
        rest = url.username or url.query or url.fragment
        host = (url.hostname or "").encode("idna")  # ValueError for what no name can be: a..b
        return url.scheme in {"http", "https"} and bool(host) and url.port != 0 and not rest
    return False


class Networks(click.ParamType[tuple[str, ...]]):
    """Addresses and networks, separated by commas; "*" alone is every one."""

    name = "list"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        parts = tuple(part.strip() for part in str(value).split(",") if part.strip())
        for part in parts:
            try:
                ipaddress.ip_network(part)
            except ValueError as error:
                if parts != ("*",):
                    self.fail(f"{error}; name addresses or networks, as in 127.0.0.1,10.0.0.0/8", param, ctx)
        return parts
