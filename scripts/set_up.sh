#!/bin/sh
# Make .venv from the hash-locked requirements, with nothing but Python and pip on the machine.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "Python 3.11 or later is needed; $python is $("$python" --version 2>&1). Set PYTHON to another one." >&2
    exit 1
}
echo "Setting up .venv (once; about a minute) ..." >&2
rm -rf .venv
# Debian without python3-venv can make the folder, only not put pip into it: pip from outside serves as well.
"$python" -m venv .venv >/dev/null 2>&1 || "$python" -m venv --without-pip .venv
pip() {
    if [ -x .venv/bin/pip ]; then
        .venv/bin/pip --disable-pip-version-check "$@"
    else
        "$python" -m pip --disable-pip-version-check --python .venv/bin/python "$@"
    fi
}
# uv downloads and compiles in parallel. Where it cannot reach the registry as pip is set up to, pip does it alone.
if pip install --quiet --no-deps --require-hashes -r requirements/uv.txt 2>/dev/null &&
    UV_PYTHON_DOWNLOADS=never .venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps --require-hashes \
        --compile-bytecode -r requirements/base.txt; then
    :
else
    echo "uv could not install; pip takes over (about two minutes) ..." >&2
    pip install --quiet --no-deps --require-hashes -r requirements/base.txt
fi
# The package is used from where it lies: an edit is in force at once.
echo "$PWD/src" >"$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/book_of_business.pth"
# What draws the page's charts, bundled once; a page makes it where this could not.
.venv/bin/python -m book_of_business.dashboard.bundle 2>/dev/null || true
touch .venv/.installed
