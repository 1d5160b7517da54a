"""Proxies as people run them, each on a port of its own, with compression where it leaves event streams alone."""

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from tests.nginx import nginx

HAPROXY = """
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  option http-no-delay
frontend all
  bind 127.0.0.1:{port}
  default_backend livelane
backend livelane
  server one 127.0.0.1:{upstream}
"""

CADDY = """
{{
  admin off
  auto_https off
}}
http://127.0.0.1:{port} {{
  reverse_proxy 127.0.0.1:{upstream}
}}
"""

APACHE = """
ServerName localhost
ServerRoot {folder}
DefaultRuntimeDir {folder}
PidFile {folder}/pid
ErrorLog {folder}/error.log
Listen 127.0.0.1:{port}
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule filter_module /usr/lib/apache2/modules/mod_filter.so
LoadModule deflate_module /usr/lib/apache2/modules/mod_deflate.so
LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
LoadModule proxy_http_module /usr/lib/apache2/modules/mod_proxy_http.so
User nobody
Group nogroup
AddOutputFilterByType DEFLATE text/html application/json
ProxyPass / http://127.0.0.1:{upstream}/
"""

Front = Callable[[str, Path], contextlib.AbstractContextManager[str]]


@contextlib.contextmanager
def _run(url: str, folder: Path, config: str, command: Callable[[Path, int], list[str]]) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder.mkdir()
    file = folder / "config"
    file.write_text(config.format(port=port, upstream=urlsplit(url).port, folder=folder))
    environment = os.environ | {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(command(file, port), stdout=output, stderr=output, env=environment, cwd=folder)
    try:
        until = time.monotonic() + 20
        while True:
            assert process.poll() is None, (folder / "output").read_text()
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            assert time.monotonic() < until, (folder / "output").read_text()
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def _program(name: str) -> str:
    return shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin") or name


def stock_nginx(url: str, folder: Path) -> contextlib.AbstractContextManager[str]:
    """As it comes: HTTP/1.0 upstream, buffering on; and gzip on."""
    return nginx(url, folder, "proxy_pass {upstream};", "gzip on; gzip_proxied any; gzip_min_length 0;")


def haproxy(url: str, folder: Path) -> contextlib.AbstractContextManager[str]:
    """Told not to hold back the last packet of a chunk for 200 ms, which is what it does by default."""
    return _run(url, folder, HAPROXY, lambda file, _: [_program("haproxy"), "-db", "-f", str(file)])


def caddy(url: str, folder: Path) -> contextlib.AbstractContextManager[str]:
    """Without `encode`, which (in 2.6) compresses event streams all the same and then does not flush."""
    command = [_program("caddy"), "run", "--adapter", "caddyfile", "--config"]
    return _run(url, folder, CADDY, lambda file, _: [*command, str(file)])


def apache(url: str, folder: Path) -> contextlib.AbstractContextManager[str]:
    """With mod_deflate for what Debian lets it compress."""
    return _run(url, folder, APACHE, lambda file, _: [_program("apache2"), "-X", "-f", str(file)])


def varnish(url: str, folder: Path) -> contextlib.AbstractContextManager[str]:
    """With the built-in rules alone."""
    command = [_program("varnishd"), "-F", "-j", "none", "-b", url.removeprefix("http://"), "-n", str(folder / "work")]
    return _run(url, folder, "", lambda _, port: [*command, "-a", f"127.0.0.1:{port}"])


FRONTS: dict[str, tuple[Front, str]] = {
    "nginx": (stock_nginx, "nginx"),
    "haproxy": (haproxy, "haproxy"),
    "caddy": (caddy, "caddy"),
    "apache": (apache, "apache2"),
    "varnish": (varnish, "varnishd"),
}
