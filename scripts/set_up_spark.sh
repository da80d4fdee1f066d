#!/bin/sh
# Make .venv-spark: Java where it is missing (as root on Debian), then the hash-locked requirements of Spark.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}

if [ -z "${JAVA_HOME:-}" ] && ! command -v java >/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "Installing Java (openjdk-17-jre-headless) ..." >&2
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends openjdk-17-jre-headless >/dev/null
    else
        echo "Spark needs Java 17 or 21: install openjdk-17-jre-headless (Debian), or set JAVA_HOME" >&2
        exit 1
    fi
fi
echo "Setting up .venv-spark (once; about two minutes) ..." >&2
rm -rf .venv-spark
"$python" -m venv --without-pip .venv-spark
# .venv is there by now, and uv in it where it could be installed
if [ ! -x .venv/bin/uv ] || ! UV_PYTHON_DOWNLOADS=never .venv/bin/uv pip install --quiet \
    --python .venv-spark/bin/python --no-deps --require-hashes -r requirements/spark.txt; then
    echo "uv could not install; pip takes over ..." >&2
    pip="$python -m pip"
    [ ! -x .venv/bin/pip ] || pip=.venv/bin/pip
    $pip --disable-pip-version-check --python .venv-spark/bin/python install --quiet --no-deps --require-hashes \
        -r requirements/spark.txt
fi
echo "$PWD/src" >"$(.venv-spark/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/book_of_business.pth"
touch .venv-spark/.installed
