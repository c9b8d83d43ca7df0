#!/bin/sh
# Starts a Celery worker for this host's queues:  ./start_worker.sh all|cpu|gpu [celery arguments...]
#
#   all   every queue (one machine does everything)
#   cpu   plan, render, parse, extract, publish, callbacks; leaves page reading and embedding to GPU hosts
#   gpu   page reading and embedding, threads in one process
#
# INGOT_BROKER_URL names the broker, INGOT_HOME the shared home, INGOT_WORKERS the number of processes. Queues, pool,
# thread settings and the worker's name stand in ingest/worker.py; arguments given here go to Celery and win.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
if [ $# -eq 0 ]; then
    sed -n 's/^# \{0,1\}//p' "$0" | sed 1d >&2
    exit 2
fi
python=${INGOT_PYTHON:-}
for candidate in "$here/.venv/bin/python" "${VIRTUAL_ENV:-/nonexistent}/bin/python"; do
    if [ -z "$python" ] && [ -x "$candidate" ]; then python=$candidate; fi
done
PYTHONPATH="$here${PYTHONPATH:+:$PYTHONPATH}"
export PYTHONPATH
exec "${python:-python3}" -m ingest.cli worker "$@"
