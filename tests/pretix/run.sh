#!/usr/bin/env bash
# Holds the pretix connector against a real pretix: installs and serves one on loopback, stocks it, reads the truth from
# its tables, runs the tests and takes it down. Arguments go to pytest. The first run takes minutes, later ones one.
set -euo pipefail
cd "$(dirname "$0")/../.."

here=tests/pretix
venv=.venv-pretix

if ! cmp --silent "$here/requirements.txt" "$venv/installed.txt"; then
    if command -v uv >/dev/null; then
        uv venv --quiet --allow-existing --python "${PYTHON:-python3}" "$venv"
        uv pip sync --quiet --require-hashes --python "$venv" "$here/requirements.txt"
    else
        "${PYTHON:-python3}" -m venv "$venv"
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes \
            --requirement "$here/requirements.txt"
    fi
    rm -f "$venv/empty.sqlite3"
    cp "$here/requirements.txt" "$venv/installed.txt"
fi

data=$(mktemp -d)
server=
finish() {
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    rm -rf "$data"
}
trap finish EXIT

port=$("$venv/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export PRETIX_BASE_URL=http://127.0.0.1:$port PRETIX_ORGANIZER=hafen PRETIX_TRUTH=$data/truth.json
# pretix's own settings: a data folder, its address, and none of the machine's configuration.
export PRETIX_PRETIX_DATADIR=$data PRETIX_PRETIX_URL=$PRETIX_BASE_URL PRETIX_CONFIG_FILE=/dev/null

# Migrating takes a minute, so the empty database is kept beside the installation.
if [ ! -f "$venv/empty.sqlite3" ]; then
    echo "Making pretix's database"
    "$venv/bin/python" -m pretix migrate --verbosity 0
    cp "$data/db.sqlite3" "$venv/empty.sqlite3.new"
    mv "$venv/empty.sqlite3.new" "$venv/empty.sqlite3"
fi
cp "$venv/empty.sqlite3" "$data/db.sqlite3"

PRETIX_API_KEY=$("$venv/bin/python" "$here/account.py" "$PRETIX_ORGANIZER")
export PRETIX_API_KEY

"$venv/bin/gunicorn" pretix.wsgi --bind "127.0.0.1:$port" --threads 2 --preload --no-control-socket \
    >"$data/server.log" 2>&1 &
server=$!

echo "Stocking pretix at $PRETIX_BASE_URL"
if ! .venv/bin/python -m tests.pretix.seed; then
    tail -n 20 "$data/server.log"
    exit 1
fi
"$venv/bin/python" "$here/truth.py" "$PRETIX_ORGANIZER" >"$PRETIX_TRUTH"
.venv/bin/pytest "$here" -m pretix "$@"
