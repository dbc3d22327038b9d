#!/bin/sh
# Runs the tests: test.sh PYTHON [pytest's arguments]
# All of them, in three parts: those that are rolled back and those with real workers in as many processes as there are
# processors (four at most), each with services of its own, since most tests wait for something; then those that drive
# a browser, one after the other, because they look at the clock. With arguments: what these choose, in one process.
set -u
python=$1
shift
if [ $# -gt 0 ]; then
    exec "$python" -m pytest "$@"
fi
outcome=0
for kind in rolled_back live; do
    "$python" -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder -m "$kind" || outcome=1
done
"$python" -m pytest -m browser || outcome=1
exit $outcome
