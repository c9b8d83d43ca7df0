#!/bin/sh
# Starts the Celery workers of this host's role:  ./start_worker.sh all|cpu|gpu|notify [celery arguments...]
#
#   all     every queue (one machine does everything)
#   cpu     plan, render, parse, extract, publish, callbacks; leaves page reading and embedding to GPU hosts
#   gpu     page reading and embedding: one process per card, whose threads share one model
#   notify  callbacks and fetched URLs alone
#
# A role may be several workers: they end together, and one that dies is started again. INGOT_BROKER_URL names the
# broker, INGOT_HOME the home (on several machines INGOT_DATABASE_URL, INGOT_FILES_URL and INGOT_CHROMA_URL, alike on
# all), INGOT_WORKERS the number of processes. Who serves which queues, in which pool and under which name stands in
# ingest/runtime/worker_spec.py; arguments given here go to Celery and win.
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
