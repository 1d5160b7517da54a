"""Proxies as real processes on ports of their own, run on configurations that stand as people would have them.

A configuration says `127.0.0.1:8000`, port 80 or 443, `board.example` and `/etc/ssl/private/board.example.pem`; the
tests put their own addresses and certificate in those places and change nothing else.
"""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Generator
from pathlib import Path

import msgspec

from tests.proxies.certificate import Certificate

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
VITE = ROOT / "frontend" / "node_modules" / "vite" / "bin" / "vite.js"
PAGE = ROOT / "docs" / "operations.md"
START_S = 20.0


class Kind(msgspec.Struct, frozen=True):
    """One proxy: how it is called, and where its configurations are."""

    program: str  # on the PATH
    ordinary: str  # the file of a newcomer's configuration
    fence: str  # of its block in docs/operations.md


KINDS = {
    "nginx": Kind("nginx", "nginx.conf", "nginx"),
    "haproxy": Kind("haproxy", "haproxy.cfg", "haproxy"),
    "caddy": Kind("caddy", "Caddyfile", "caddyfile"),
    "apache": Kind("apache2", "apache.conf", "apache"),
    "varnish": Kind("varnishd", "default.vcl", "vcl"),
    "vite": Kind("node", "vite.config.mjs", "js"),
    "vite-preview": Kind("node", "vite.config.mjs", "js"),
}

NGINX = """
daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1; {user}
events {{ worker_connections 512; }}
http {{
  access_log off; types {{ }} default_type application/octet-stream;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  gzip on;
  include {file};
}}
"""  # as Debian's nginx.conf, with its gzip; and in a folder of its own

APACHE = """
ServerName localhost
ServerRoot {folder}
DefaultRuntimeDir {folder}
PidFile {folder}/pid
ErrorLog {folder}/error.log
Listen 127.0.0.1:{port}
{modules}
User nobody
Group nogroup
AddOutputFilterByType DEFLATE text/html text/plain text/css text/javascript application/javascript application/json
RequestReadTimeout header=20-40,minrate=500
RequestReadTimeout body=10,minrate=500
Include {file}
"""  # as Debian's apache2.conf and what it enables; in a folder of its own
APACHES = "/usr/lib/apache2/modules"
APACHE_HAS = ("mpm_event", "authz_core", "filter", "deflate", "env", "reqtimeout", "setenvif")
APACHE_NEEDS = {"proxy_http": ("proxy", "proxy_http"), "ssl": ("socache_shmcb", "ssl")}

CADDY = "{\n  admin off\n  auto_https disable_redirects\n  default_bind 127.0.0.1\n}\n"


def ordinary(kind: str) -> str:
    """Return the shortest configuration that a newcomer would write."""
    return (HERE / "ordinary" / KINDS[kind].ordinary).read_text()


def ours(kind: str, section: str = "## Behind a proxy") -> str:
    """Return the configuration of docs/operations.md."""
    text = PAGE.read_text().partition(f"\n{section}\n")[2].partition("\n## ")[0]
    block = text.partition(f"```{KINDS[kind].fence}\n")[2].partition("\n```")[0]
    assert block, f"docs/operations.md has no {KINDS[kind].fence} block in {section}"
    return block + "\n"


class Front:
    """One proxy before one or more servers: started at once, ready after `await_ready`."""

    def __init__(
        self, kind: str, config: str, upstreams: list[int], folder: Path, certificate: Certificate | None = None
    ) -> None:
        self.kind = kind
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.is_secure = "443" in config or "board.example {" in config
        self.url = f"https://localhost:{self.port}" if self.is_secure else f"http://127.0.0.1:{self.port}"
        self._folder = folder
        self._output = folder / "output"
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / KINDS[kind].ordinary
        file.write_text(_filled(config, self.port, upstreams, certificate))
        environment = os.environ | {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                self._command(file, config), stdout=output, stderr=output, env=environment, cwd=folder,
                start_new_session=True,
            )  # fmt: skip

    def await_ready(self) -> None:
        """Return when it listens."""
        until = time.monotonic() + START_S
        while True:
            assert self.process.poll() is None, self.log
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            assert time.monotonic() < until, self.log
            time.sleep(0.02)

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:  # some wait for open streams
            self.process.kill()
            self.process.wait()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)  # `node` is a launcher that leaves the real one behind

    @property
    def log(self) -> str:
        error = self._folder / "error.log"
        return self._output.read_text() + (error.read_text() if error.exists() else "")

    def _command(self, file: Path, config: str) -> list[str]:
        folder = self._folder
        program = _program(KINDS[self.kind].program)
        match self.kind:
            case "nginx":
                user = f"user {folder.owner()};" if os.geteuid() == 0 else ""
                main = folder / "main.conf"
                main.write_text(NGINX.format(folder=folder, file=file, user=user))
                return [program, "-p", str(folder), "-c", str(main), "-e", str(folder / "error.log")]
            case "apache":
                wanted = re.findall(r"a2enmod (.+)", config)[0].split()
                names = [*APACHE_HAS, *(each for name in wanted for each in APACHE_NEEDS.get(name, (name,)))]
                modules = "\n".join(
                    f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in names
                )
                main = folder / "main.conf"
                main.write_text(APACHE.format(folder=folder, file=file, port=self.port, modules=modules))
                return [program, "-D", "FOREGROUND", "-f", str(main)]
            case "caddy":
                file.write_text(CADDY + file.read_text())
                return [program, "run", "--adapter", "caddyfile", "--config", str(file)]
            case "haproxy":
                return [program, "-db", "-f", str(file)]
            case "varnish":
                at = ["-a", f"127.0.0.1:{self.port}", "-n", str(folder / "work")]
                return [program, "-F", "-j", "none", "-f", str(file), *at]
            case _:
                for page in (folder / "index.html", folder / "dist" / "index.html"):
                    page.parent.mkdir(exist_ok=True)
                    page.write_text("<!doctype html><title>A front end of one's own</title>")
                mode = ["preview"] if self.kind == "vite-preview" else []
                at = ["--host", "127.0.0.1", "--port", str(self.port), "--strictPort"]
                return [program, str(VITE), *mode, str(folder), "--config", str(file), *at]


def is_there(kind: str) -> bool:
    """Say whether the proxy is installed."""
    program = KINDS[kind].program
    there = shutil.which(program, path=_path()) is not None
    return there and (program != "node" or VITE.exists())


@contextlib.contextmanager
def front(
    kind: str, config: str, upstreams: list[int], folder: Path, certificate: Certificate | None = None
) -> Generator[Front]:
    """Run a proxy for the length of a block."""
    running = Front(kind, config, upstreams, folder, certificate)
    try:
        running.await_ready()
        yield running
    finally:
        running.stop()


def _filled(config: str, port: int, upstreams: list[int], certificate: Certificate | None) -> str:
    for number, upstream in enumerate(upstreams):
        config = config.replace(f"127.0.0.1:{8000 + number}", f"127.0.0.1:{upstream}")
    config = config.replace('"8000"', f'"{upstreams[0]}"')  # VCL's way to say it
    config = re.sub(r"(listen|bind) :?(80|443)\b", rf"\1 127.0.0.1:{port}", config)
    config = re.sub(r"<VirtualHost \*:(80|443)>", f"<VirtualHost 127.0.0.1:{port}>", config)
    config = re.sub(r"^:80 {", f":{port} {{", config, flags=re.MULTILINE)
    if certificate:
        # Caddy gets its certificates by itself, but not for a machine without a name
        told = f"https://localhost:{port} {{\n    tls {certificate.file} {certificate.file}"
        config = re.sub(r"^board\.example {", told, config, flags=re.MULTILINE)
        config = config.replace("/etc/ssl/private/board.example.pem", str(certificate.file))
    return config.replace("board.example", "localhost")


def _program(name: str) -> str:
    found = shutil.which(name, path=_path())
    assert found, f"{name} is missing"
    return found


def _path() -> str:
    return f"{os.environ['PATH']}:/usr/sbin"
