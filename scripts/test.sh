#!/bin/sh
# Runs the tests: test.sh PYTHON [pytest's arguments]
# All of them: in as many processes as there are processors (four at most), each with services of its own, since most
# tests wait for something; then those that drive a browser, one after the other, because they look at the clock.
# With arguments: only what these choose, in one process.
set -eu
python=$1
shift
if [ $# -gt 0 ]; then
    exec "$python" -m pytest "$@"
fi
"$python" -m pytest -n auto --maxprocesses 4 --dist loadgroup --no-loadscope-reorder -m "not browser"
exec "$python" -m pytest -m browser
