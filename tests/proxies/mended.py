"""Puts the lines that the doctor names into a proxy's configuration, where it says."""

import re

from tests.doctor import Finding

VITES_TARGET = "'http://127.0.0.1:8000'"


def mended(kind: str, config: str, troubles: list[Finding]) -> str:
    """Return the configuration with what each finding names, and nothing else, changed."""
    for finding in troubles:
        todo = finding["todo"].partition(" Or: ")[2] or finding["todo"]
        lines = re.findall(r"`([^`]+)`", todo)
        assert lines, todo
        config = _with(kind, config, "\n".join(lines), todo)
    return config


def _with(kind: str, config: str, lines: str, todo: str) -> str:
    match kind:
        case "nginx":
            return config.replace("location / {", f"location / {{\n{lines}")
        case "haproxy":
            return config.replace("defaults\n", f"defaults\n{lines}\n", 1)
        case "apache":
            return re.sub(r"(<VirtualHost .*>\n)", rf"\1{lines}\n", config)
        case "caddy":
            return config.replace("encode gzip", lines)
        case "varnish":  # pieces of the same name are joined, in their order
            place = re.findall(r"vcl_\w+", todo)[0]
            return f"{config}\nsub {place} {{ {lines} }}\n"
        case _:  # what was a plain address becomes an object
            if VITES_TARGET in config and "target:" not in config:
                config = config.replace(VITES_TARGET, f"{{ target: {VITES_TARGET} }}")
            return config.replace(f"target: {VITES_TARGET}", f"target: {VITES_TARGET}, {lines}")
