# `./justw VERB`, or plain `just VERB` where just is installed.

export PATH := justfile_directory() / ".venv/bin:" + justfile_directory() / ".tools/bin:" + env("PATH")
export UV_PYTHON_DOWNLOADS := "never"
export VIRTUAL_ENV := ""

export NPM_CONFIG_UPDATE_NOTIFIER := "false"

# The machine's own certificates, where it has any: some networks look into TLS with an authority of theirs.
certificates := "/etc/ssl/certs/ca-certificates.crt"
export UV_SYSTEM_CERTS := path_exists(certificates)
export NODE_EXTRA_CA_CERTS := if path_exists(certificates) == "true" { certificates } else { "" }

# what the tests run beside the product: command=package
system := "chromium=chromium curl=curl git=git ip=iproute2 pgrep=procps nginx=nginx-light haproxy=haproxy caddy=caddy apache2=apache2-bin varnishd=varnish pgbouncer=pgbouncer nats-server=nats-server"

# List the verbs
[private]
@default:
    just --list --unsorted

# Do everything but start: dependencies, web app, embedded database
setup: _python _web
    @test -n "${LIVELANE_DATABASE_URL:-}" || livelane migrate

# Run the product at http://localhost:8000 (arguments as for `livelane serve`)
@serve *arguments: _python _web
    exec livelane serve {{ arguments }}

# Run it with reloading: service on 8000, the web app's own server on 15173
@dev *arguments: _node_modules
    exec python -m service.reload {{ arguments }}

# A filled board, two sign-in links and robots at work
@demo *arguments: _python _web
    exec livelane demo {{ arguments }}

# Run every test, two files at a time (arguments as for pytest)
@test *arguments: _python _web _system
    pytest -n 2 --dist loadfile --no-loadscope-reorder {{ arguments }}

# All that CI asks for: format, lint, types, import rules, the web app's own checks, every test
check: lint test

# The same without the tests that need a database
@lint: _python _node_modules
    ruff format --check .
    ruff check .
    pyright
    lint-imports
    npm --prefix frontend run --silent check

# Format and mend what can be mended
@format: _python _node_modules
    ruff format .
    ruff check --fix .
    npm --prefix frontend run --silent format

# Measure: figures beside their limits, as a table and JSON (parts: `just bench peers`, `just bench growth` …)
@bench *arguments: _python
    livelane bench {{ arguments }}

# Does memory stay flat? Gentle visitors for so long: `just soak 1h`
@soak duration="1h" *arguments: _python
    python -m tests.bench.soak {{ duration }} {{ arguments }}

# Measure the board in Chromium
@bench-browser *arguments: _python _web _system
    python -m tests.browser.bench {{ arguments }}

# Make the README's pictures from the running product: `just screenshots [FOLDER] [NAMES …]`
@screenshots *arguments: _python _web _system
    python -m tests.browser.pictures {{ arguments }}

# Random writers, readers, kills and restarts against the oracle: `just torture 10m [--workers 2]`
@torture duration="1m" *arguments: _python
    python -m tests.torture {{ duration }} {{ arguments }}

# Bring the database to this release's schema
@migrate *arguments: _python
    livelane migrate {{ arguments }}

# Write the web app's API types anew from the service's OpenAPI
@schema: _python _node_modules
    npm --prefix frontend run --silent api:types

# Make the wheel in dist/, web app included
@build: _python _web
    uv build --quiet
    ls dist

# Take away what builds, tests and tools left; the data stays
@clean:
    rm -rf .venv .tools frontend/node_modules frontend/dist dist .pytest_cache .ruff_cache .import_linter_cache .hypothesis

@_python:
    command -v uv >/dev/null || ./justw --version >/dev/null
    uv sync --frozen --quiet || { echo "The Python packages are not complete; with a network, try again." >&2; exit 1; }

_node_modules: _python
    #!/bin/sh
    set -e
    cd frontend
    if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
        echo "fetching the web app's packages"
        if ! npm ci --no-audit --no-fund --loglevel=error; then
            echo "The web app's packages are not complete; with a network, try again." >&2
            exit 1
        fi
        touch node_modules/.package-lock.json
    fi

_web: _python
    #!/bin/sh
    set -e
    [ -e frontend/package.json ] || exit 0
    page=frontend/dist/index.html
    changed=$(find frontend -name node_modules -prune -o -name dist -prune -o -type f -newer "$page" -print 2>/dev/null | head -n 1 || true)
    if [ -e "$page" ] && [ -z "$changed" ]; then exit 0; fi
    just --justfile {{ justfile() }} _node_modules
    echo "building the web app"
    npm --prefix frontend run --silent build -- --logLevel warn

_system:
    #!/bin/sh
    missing=
    for piece in {{ system }} openssl=openssl; do
        command -v "${piece%%=*}" >/dev/null || [ -x "/usr/sbin/${piece%%=*}" ] || missing="$missing ${piece#*=}"
    done
    [ -n "$missing" ] || exit 0
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "installing for the tests:$missing"
        policy=/usr/sbin/policy-rc.d  # the tests start these themselves; as services they would sit on ports
        [ -e $policy ] || { printf '#!/bin/sh\nexit 101\n' >$policy && chmod +x $policy && trap 'rm -f $policy' EXIT; }
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null || exit
        for package in $missing; do systemctl disable "${package%-light}" >/dev/null 2>&1 || true; done
    else
        echo "The tests need programs that are missing; mend it with: sudo apt-get install --no-install-recommends$missing" >&2
        exit 1
    fi
