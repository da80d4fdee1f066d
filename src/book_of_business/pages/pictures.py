"""The pictures of README and docs: charts as PNG files, each with the values that it plots inside.

A picture says what the marts said when it was drawn. A test compares the values inside with the marts of today.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import altair as alt
import vl_convert

from book_of_business import marts
from book_of_business.pages import baseline
from book_of_business.pages.charts import comparison_chart, story_chart, use_theme

ALL_WEEKS = 10_000  # longer than any history
FOLDER = Path("docs") / "img"
PLOTTED_KEYWORD = b"Plotted values"


def pictures(build_dir: str | Path | None = None) -> dict[str, alt.TopLevelMixin]:
    """The charts of README and docs by file name, from the published file."""
    with marts.connect(build_dir) as connection:
        judged = baseline.judge_flat_ratio(marts.read_books(connection))
        weeks = marts.read_load_weeks(connection, ALL_WEEKS)
        target_load = marts.read_target_load(connection)
    use_theme()
    return {"books.png": comparison_chart(judged, target_load), "story.png": story_chart(weeks, target_load)}


def plotted(chart: alt.TopLevelMixin) -> list[object]:
    """The title and the rows that a chart draws, as plain JSON values; numbers to six decimals."""
    drawn = chart.to_dict()
    rows = [row for name in sorted(drawn["datasets"]) for row in drawn["datasets"][name]]
    values = [
        {name: round(value, 6) if isinstance(value, float) else value for name, value in row.items()} for row in rows
    ]
    return [drawn.get("title"), *values]


def plotted_in(png: bytes) -> list[object] | None:
    """The values kept in a picture by `write_picture`; null: none are."""
    for kind, data in chunks_of(png):
        keyword, _, packed = data.partition(b"\0")
        if kind == b"zTXt" and keyword == PLOTTED_KEYWORD:
            return json.loads(zlib.decompress(packed[1:]))
    return None


def write_picture(path: Path, chart: alt.TopLevelMixin) -> Path:
    """Write a chart as PNG, with the values that it plots inside: a test compares them with the marts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return keep(path, vl_convert.vegalite_to_png(chart.to_json(), scale=2), plotted(chart))


def keep(path: Path, png: bytes, values: list[object]) -> Path:
    """Write a picture with the values that it shows inside."""
    kept = zlib.compress(json.dumps(values).encode(), 9)
    path.write_bytes(squeeze(png, (b"zTXt", PLOTTED_KEYWORD + b"\0\0" + kept)))
    return path


def chunks_of(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and data of each chunk of a PNG (ISO/IEC 15948)."""
    offset = 8
    while offset < len(png):
        (length,) = struct.unpack_from(">I", png, offset)
        yield png[offset + 4 : offset + 8], png[offset + 8 : offset + 8 + length]
        offset += 12 + length


def squeeze(png: bytes, *more: tuple[bytes, bytes]) -> bytes:
    """The same picture in a third of the bytes (vl-convert hardly compresses), with more chunks."""
    rows = b"".join(data for kind, data in chunks_of(png) if kind == b"IDAT")
    chunks = [(kind, data) for kind, data in chunks_of(png) if kind != b"IDAT"]
    chunks[-1:-1] = [*more, (b"IDAT", zlib.compress(zlib.decompress(rows), 9))]
    packed = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return png[:8] + b"".join(packed)
