"""Knows proxies by how they answer, and the very line of each one's configuration that mends a fault."""

import re
from collections.abc import Mapping
from typing import Literal

Fault = Literal["buffering", "compression", "idle", "host", "length", "caching", "cut"]

NAMES = {
    "nginx": "nginx", "openresty": "nginx", "haproxy": "HAProxy", "apache": "Apache", "caddy": "Caddy",
    "varnish": "Varnish", "traefik": "Traefik", "envoy": "Envoy", "cloudflare": "Cloudflare", "microsoft-iis": "IIS",
    "squid": "Squid", "lighttpd": "lighttpd",
}  # fmt: skip

LINES: dict[str, dict[Fault, str]] = {
    "nginx": {
        "buffering": "In the nginx location of Livelane: `proxy_buffering off;` and `gzip off;` "
        "(and no proxy_ignore_headers X-Accel-Buffering).",
        "compression": "In the nginx location of Livelane: `gzip off;`, or take text/event-stream out of gzip_types.",
        "idle": "In the nginx location of Livelane: `proxy_read_timeout 1h;`",
        "host": "In the nginx location of Livelane: `proxy_set_header Host $http_host;`",
        "length": "In the nginx location of Livelane: `proxy_http_version 1.1;` and `proxy_buffering off;`",
        "caching": "In the nginx location of Livelane: `proxy_cache off;` and no `add_header Cache-Control`.",
    },
    "HAProxy": {
        "buffering": "In HAProxy's `defaults` (or frontend and backend): `option http-no-delay`; without it each event "
        "waits up to 200 ms for more.",
        "compression": "Take text/event-stream out of HAProxy's `compression type`.",
        "idle": "In HAProxy's backend: `timeout server 1h`, and in its frontend: `timeout client 1h`",
        "host": "Take `http-request set-header Host` out of HAProxy's configuration.",
        "length": "Take `http-response wait-for-body` out of HAProxy's backend.",
        "caching": "Take `http-request cache-use` for /streams out of HAProxy's configuration.",
    },
    "Apache": {
        "buffering": "In Apache's ProxyPass of Livelane: `flushpackets=on`, before any other ProxyPass that matches.",
        "compression": "In Apache: `SetEnvIf Request_URI ^/streams no-gzip` (mod_deflate and mod_brotli heed it).",
        "idle": "In Apache's virtual host: `ProxyTimeout 3600`, and `timeout=3600` in its ProxyPass.",
        "host": "In Apache's virtual host: `ProxyPreserveHost On`",
        "length": "In Apache's ProxyPass of Livelane: `flushpackets=on`",
        "caching": "In Apache: `CacheDisable /streams`",
    },
    "Caddy": {
        "buffering": "In Caddy's reverse_proxy of Livelane: `flush_interval -1`",
        "compression": "In Caddy: `@still not path /streams*` and `encode @still gzip`.",
        "idle": "In Caddy's reverse_proxy: `transport http { read_timeout 0 }`",
        "host": "Take `header_up Host` out of Caddy's reverse_proxy.",
        "length": "In Caddy's reverse_proxy of Livelane: `flush_interval -1`",
        "caching": "Take the cache module off /streams in Caddy's configuration.",
    },
    "Varnish": {
        "buffering": 'In Varnish\'s vcl_recv: `if (req.url ~ "^/streams") { return (pipe); }`',
        "compression": 'In vcl_backend_response: `if (bereq.url ~ "^/streams") { set beresp.do_gzip = false; }`',
        "idle": "In Varnish's backend: `.between_bytes_timeout = 1h;` (for piped streams `-p pipe_timeout=3600`)",
        "host": "Take `set bereq.http.Host` out of the VCL.",
        "length": 'In Varnish\'s vcl_recv: `if (req.url ~ "^/streams") { return (pipe); }`',
        "caching": 'In Varnish\'s vcl_recv: `if (req.url ~ "^/(api|streams)") { return (pass); }`',
    },
    "Node": {
        "host": "In Vite's proxy of Livelane: `changeOrigin: false`",
        "cut": "In Vite's proxy of Livelane: `configure: (proxy) => proxy.on('proxyRes', (upstream, _, answer) => "
        "upstream.on('close', () => upstream.complete || answer.destroy()))`",
    },
    "Traefik": {
        "buffering": "Take the `buffering` middleware off Livelane's router (`responseForwarding.flushInterval: 1ms`).",
        "compression": "In Traefik's compress middleware: `excludedContentTypes: [text/event-stream]`",
        "idle": "In Traefik's entry point: `transport.respondingTimeouts.writeTimeout: 0`",
        "host": "In Traefik's service: `passHostHeader: true`",
        "length": "Take the `buffering` middleware off Livelane's router.",
        "caching": "Take the cache off Livelane's router.",
    },
}
ANY: dict[Fault, str] = {
    "buffering": "Turn response buffering off for /streams in the proxy before Livelane.",
    "compression": "Leave text/event-stream out of what the proxy before Livelane compresses.",
    "idle": "Raise the idle or read timeout of the proxy before Livelane to an hour.",
    "host": "Let the proxy pass the Host header on as the browser sent it.",
    "length": "Let the proxy pass bodies on as they come (HTTP/1.1 towards Livelane, no response buffering).",
    "caching": "Keep the proxy from caching /api and /streams.",
    "cut": "Let the proxy end its answer when the server's connection breaks off.",
}
WORDS = {  # what each says when a request makes no sense
    "HAProxy": re.compile(rb"<h1>400 Bad request</h1>\s*Your browser sent an invalid request", re.IGNORECASE),
    "nginx": re.compile(rb"<center>(nginx|openresty)", re.IGNORECASE),
    "Apache": re.compile(rb"Your browser sent a request that this server could not understand"),
    "Caddy": re.compile(rb"^400 Bad Request$"),
}


def name_of(headers: Mapping[str, str]) -> str:
    """Return which proxies an answer names, in the order it passed them, or "" when it names none."""
    text = " ".join((headers.get("via", ""), headers.get("server", ""), headers.get("x-powered-by", ""))).lower()
    if "cf-ray" in headers:
        text += " cloudflare"
    if "x-varnish" in headers:
        text = f"varnish {text}"
    if "x-envoy-upstream-service-time" in headers:
        text += " envoy"
    found = [name for word, name in NAMES.items() if word in text]
    return ", ".join(dict.fromkeys(found))


def name_by_refusal(headers: Mapping[str, str], body: bytes) -> str:
    """Return who refused a request that makes no sense: "HAProxy" says nothing of itself otherwise.

    "Node" is Vite's server or another proxy written for Node.
    """
    if headers == {"connection": "close"} and not body:
        return "Node"
    return next((name for name, words in WORDS.items() if words.search(body)), "")


def mend(hop: str, fault: Fault) -> str:
    """Return the line that mends the fault at the first proxy that is known, in one sentence."""
    for name in hop.split(", "):
        if fault in LINES.get(name, {}):
            return LINES[name][fault]
    return ANY[fault]
