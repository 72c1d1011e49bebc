#!/bin/sh
# Make the virtual environment VENV from the lock file LOCK, with seglab itself in it (editable).
# Usage: locks/install.sh LOCK VENV [OPTION or PACKAGE in no lock file, as for `pip install`]...
#
# The one place that decides how packages are installed: by the uv that the lock names, three times as fast as pip; by
# pip where uv cannot reach the packages, for it knows nothing of pip's settings.
# Bytecode is compiled even where PYTHONDONTWRITEBYTECODE is set: without it every
# `import tensorflow` takes three times as long. pip would compile on one core, so it is told to leave that to compileall.
set -eu
lock=$1
venv=$2
shift 2
root=$(cd "$(dirname "$0")/.." && pwd)

supported='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'
python=
for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
    if "$candidate" -c "$supported" 2>/dev/null; then
        # The interpreter itself: the one on the path may belong to the environment that is made anew below.
        python=$("$candidate" -c 'import sys; print(sys._base_executable)')
        break
    fi
done
if [ -z "$python" ]; then
    echo "locks/install.sh: no Python 3.11, 3.12 or 3.13 found (TensorFlow has no wheels for others). Set PYTHON=/path/to/python3.12" >&2
    exit 2
fi

stamp=$venv/.installed-from
wanted=$("$python" --version; cksum <"$lock"; cksum <"$root/pyproject.toml"; [ $# -eq 0 ] || echo "$@")
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
    exit 0
fi

echo "Setting up $venv from $lock ($("$python" --version))"
rm -rf "$venv"
# A set PIP_REQUIRE_VIRTUALENV, a user site or a PYTHONPATH must not change what the lock says.
unset PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE
"$python" -m venv "$venv"
install() {
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-compile "$@"
}
if ! { install "$(grep -o '^uv==[0-9.]*' "$lock")" && "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" \
    --require-hashes --no-deps -r "$lock"; }; then
    echo "uv could not install the packages; pip does, which takes a minute longer"
    install --require-hashes --no-deps -r "$lock"
fi
install --no-deps --no-build-isolation --editable "$root"
[ $# -eq 0 ] || install "$@"
"$venv/bin/python" -m compileall -q -j 0 "$venv/lib" >/dev/null || true # some packages ship files for other Pythons
printf '%s' "$wanted" >"$stamp"
