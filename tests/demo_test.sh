#!/usr/bin/env bash
# `make demo` does what it says, on generated sales: the server starts, takes every row, answers, and stops with 0.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
DEMO_ONCE=1 DEMO_PORT=0 DEMO_DATA=generated DEMO_DIR=$scratch "$TAILRACE_SOURCE_DIR/tools/demo"
