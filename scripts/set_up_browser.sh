#!/bin/sh
# Add what drives a browser to .venv, and Chromium where it is missing (as root on Debian).
set -eu
cd "$(dirname "$0")/.."
if ! command -v chromium >/dev/null && ! command -v google-chrome >/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "Installing Chromium ..." >&2
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null
    else
        echo "Chromium is needed: install Debian's package chromium" >&2
        exit 1
    fi
fi
if [ ! -x .venv/bin/uv ] || ! UV_PYTHON_DOWNLOADS=never .venv/bin/uv pip install --quiet --python .venv/bin/python \
    --no-deps --require-hashes -r requirements/browser.txt; then
    .venv/bin/python -m pip --disable-pip-version-check install --quiet --no-deps --require-hashes \
        -r requirements/browser.txt
fi
touch .venv/.browser
