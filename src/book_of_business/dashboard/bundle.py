"""The JavaScript that draws Vega-Lite charts, from vl-convert, gzipped.

Bundling takes some seconds, so the result lies beside the environment's packages, by version. Setting up the
environment makes it; where it is missing it is made when a page needs it.
"""

from __future__ import annotations

import gzip
import os
import sys
from importlib.metadata import version
from pathlib import Path


def bundle() -> bytes:
    """The gzipped bundle, which sets `vegaEmbed`."""
    path = Path(sys.prefix) / f"vega-bundle-{version('vl-convert-python')}.js.gz"
    if path.is_file():
        return path.read_bytes()
    import vl_convert

    made = gzip.compress(vl_convert.javascript_bundle().encode("utf-8"), 9, mtime=0)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        draft.write_bytes(made)
        draft.replace(path)
    except OSError:
        # an environment that nobody may write to: the next page bundles again
        draft.unlink(missing_ok=True)
    return made


if __name__ == "__main__":
    bundle()
