#!/usr/bin/env bash
# `make demo` does what it says, on generated sales: the server starts, takes every row, answers, takes what the till sends, and stops with 0.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
DEMO_ONCE=1 DEMO_PORT=0 DEMO_DATA=generated DEMO_INVOICES=30 DEMO_DIR=$scratch "$TAILRACE_SOURCE_DIR/tools/demo" | tee "$scratch/shown"
# The 25th invoice has a line that is not what it should be.
grep -Eq '^The till sent 30 invoices: [1-9][0-9]* lines were taken, 1 refused$' "$scratch/shown"
