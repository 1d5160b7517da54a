"""The documentation: OpenAPI as JSON, the same as a plain page that needs no network, and what each problem means."""

import functools
import html
import json
from http import HTTPStatus
from typing import Any

from litestar import get
from litestar.params import FromPath

from service.api import openapi
from service.api.answers import Answer, Header
from service.api.call import Call
from service.api.problems import OTHERS, PROBLEMS
from service.domain.errors import NotFound

HTML: tuple[Header, ...] = (
    (b"content-type", b"text/html; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'"),
)
STYLE = """
:root{color-scheme:light dark} body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
h2{margin-top:3rem} summary{cursor:pointer;padding:.4rem 0} code,pre{font:14px/1.45 ui-monospace,monospace}
pre{padding:.75rem;overflow:auto;background:color-mix(in srgb,currentColor 7%,transparent);border-radius:6px}
.m{display:inline-block;width:4.5rem;font-weight:700}
td,th{text-align:left;vertical-align:top;padding:.15rem 1rem .15rem 0}
details>div{padding:0 0 1rem 4.5rem} small{opacity:.75}
"""


@get("/docs", opt={"operation": "docs"})
async def page(request: Call) -> Answer:
    """The documentation for people."""
    return Answer(200, HTML, _page())


@get("/docs/openapi.json", opt={"operation": "openapi"})
async def schema(request: Call) -> Answer:
    """The documentation for programs."""
    return Answer(200, ((b"content-type", b"application/json"), (b"cache-control", b"no-cache")), _schema())


@get("/problems/{name:str}", opt={"operation": "problem"})
async def problem(request: Call, name: FromPath[str]) -> Answer:
    """What a problem's `type` means."""
    known = {last: (status, (kind.__doc__ or "").strip()) for kind, (status, last) in PROBLEMS.items()}
    known |= {last: (status, f"{HTTPStatus(status).phrase}.") for status, last in OTHERS.items()}
    if name not in known:
        raise NotFound("There is no such problem.")
    status, title = known[name]
    body = f"<h1>{html.escape(title)}</h1><p>Status {status}, <code>/problems/{name}</code>.</p>"
    return Answer(200, HTML, _html(name, body))


@functools.cache
def whole() -> dict[str, Any]:
    """Return the OpenAPI document of the whole API."""
    from service.app import ROUTES  # here: the routes contain this module's

    return openapi.document(route for route in ROUTES if "promise" in route.opt)


@functools.cache
def _schema() -> bytes:
    return json.dumps(whole(), ensure_ascii=False).encode()


@functools.cache
def _page() -> bytes:
    doc = whole()
    parts = [f"<h1>Livelane {doc['info']['version']}</h1><p>{_prose(doc['info']['description'])}</p>"]
    parts.append('<p>For programs: <a href="docs/openapi.json">openapi.json</a>.</p>')
    for tag in doc["tags"]:
        parts.append(f"<h2>{html.escape(tag['description'])}</h2>")
        for path, methods in doc["paths"].items():
            for method, operation in methods.items():
                if tag["name"] in operation["tags"]:
                    parts.append(_operation(doc, method, path, operation))
    parts.append("<h2>Shapes</h2>")
    for name, shape in doc["components"]["schemas"].items():
        parts.append(_details(f'<code id="{name}">{name}</code>', _shape(shape)))
    return _html("API", "".join(parts))


def _operation(doc: dict[str, Any], method: str, path: str, operation: dict[str, Any]) -> str:
    inside = [f"<p>{_prose(operation['description'])} <small>{operation['operationId']}</small></p>"]
    for parameter in operation["parameters"]:
        about = _prose(parameter.get("description", ""))
        inside.append(f"<div><code>{parameter['name']}</code> <small>{parameter['in']}</small> {about}</div>")
    for name in operation.get("x-headers", []):
        about = _prose(doc["components"]["parameters"][name]["description"])
        inside.append(f"<div><code>{name}</code> <small>header</small> {about}</div>")
    if body := operation.get("requestBody"):
        for example in body["content"]["application/json"]["examples"].values():
            inside.append(f"<pre>{_json(example['value'])}</pre>")
    rows: list[str] = []
    for status, said in operation["responses"].items():
        response = doc["components"]["responses"][status] if "$ref" in said else said
        rows.append(f"<tr><th>{status}</th><td>{_prose(response['description'])}{_named(response)}</td></tr>")
    inside.append(f"<table>{''.join(rows)}</table>")
    head = f'<span class="m">{method.upper()}</span><code>{html.escape(path)}</code> {_prose(operation["summary"])}'
    return _details(head, "".join(inside))


def _named(response: dict[str, Any]) -> str:
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    name = (schema.get("$ref") or schema.get("items", {}).get("$ref") or "").rpartition("/")[2]
    many = " list" if "items" in schema else ""
    return f' <a href="#{name}">{name}</a>{many}' if name else ""


def _shape(shape: dict[str, Any]) -> str:
    about = _prose(shape.get("description", ""))
    return f"<p>{about}</p>" + "".join(f"<pre>{_json(example)}</pre>" for example in shape.get("examples", []))


def _details(head: str, inside: str) -> str:
    return f"<details><summary>{head}</summary><div>{inside}</div></details>"


def _json(value: Any) -> str:
    return html.escape(json.dumps(value, indent=1, ensure_ascii=False))


def _prose(text: str) -> str:
    parts = html.escape(text).split("`")
    return "".join(f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(parts))


def _html(title: str, body: str) -> bytes:
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title} · Livelane</title>'
    return (
        f'<!doctype html><html lang="en"><head>{head}<style>{STYLE}</style></head><body>{body}</body></html>'.encode()
    )


ROUTES = [page, schema, problem]
