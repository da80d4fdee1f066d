"""Small drawings as inline SVG, from numbers alone: no name of the data is ever in one."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

# Twice the size that is shown: whole numbers are fine enough and short.
SPARK_WIDTH, SPARK_HEIGHT, EDGE = 192, 52, 6
EQUAL = 1e-9
Point = tuple[int, int]
BAR_WIDTH = 180


def sparkline(
    values: Sequence[float | None],
    limits: Sequence[float | None] = (),
    *,
    is_threshold: bool = True,
    floor: float | None = None,
) -> Markup:
    """A line of weekly values, oldest first, with a dot on the last, and the line that they are compared with.

    Args:
        values: one per week; a null breaks the line.
        limits: one per week: a threshold (dashed), or where there is none what is usual (dotted).
        is_threshold: whether `limits` is a threshold.
        floor: a value that the scale includes at the least.
    """
    seen = [value for value in (*values, *limits) if value is not None]
    if not any(value is not None for value in values):
        return Markup("")
    if floor is not None:
        seen.append(floor)
    low, high = min(seen), max(seen)
    if high - low < EQUAL:
        low, high = low - 1, high + 1

    def points(numbers: Sequence[float | None]) -> list[Point | None]:
        return [
            None
            if value is None
            else (
                round(EDGE + place * (SPARK_WIDTH - 2 * EDGE) / max(len(values) - 1, 1)),
                round(SPARK_HEIGHT - EDGE - (value - low) / (high - low) * (SPARK_HEIGHT - 2 * EDGE)),
            )
            for place, value in enumerate(numbers)
        ]

    parts = []
    if line := path_of(points(limits)):
        parts.append(f'<path class="{"limit" if is_threshold else "usual"}" d="{line}"/>')
    drawn = points(values)
    parts.append(f'<path class="line" d="{path_of(drawn)}"/>')
    x, y = next(point for point in reversed(drawn) if point is not None)
    parts.append(f'<circle cx="{x}" cy="{y}" r="4"/>')
    box = f"0 0 {SPARK_WIDTH} {SPARK_HEIGHT}"
    return Markup(f'<svg class="spark" viewBox="{box}" aria-hidden="true">{"".join(parts)}</svg>')


def path_of(points: Sequence[Point | None]) -> str:
    """The path of a line with gaps where points are null, in steps from point to point; a level stretch is one step."""
    parts: list[str] = []
    last: Point | None = None
    level_to: int | None = None
    for point in (*points, None):
        is_level = last is not None and point is not None and point[1] == last[1]
        if is_level:
            level_to = point[0]
            last = point
            continue
        if level_to is not None:
            parts.append(f"H{level_to}")
            level_to = None
        if point is not None:
            if last is None:
                parts.append(f"M{point[0]} {point[1]}")
            else:
                parts.append(f"l{point[0] - last[0]} {point[1] - last[1]}".replace(" -", "-"))
        last = point
    return "".join(parts)


def bar(value: float | None, limit: float | None, longest: float) -> Markup:
    """A horizontal bar with a line at its limit; a bar beyond the scale ends in an arrow.

    Args:
        value: its length, in the unit of `limit`.
        limit: where the line stands; null: none.
        longest: the value at the right edge.
    """
    if value is None or longest <= 0:
        return Markup("")
    reach = min(value / longest, 1.0) * BAR_WIDTH
    is_over = limit is not None and value > limit + 1e-9
    parts = [f'<rect class="{"over" if is_over else "fill"}" x="0" y="4" width="{reach:.1f}" height="12" rx="1.5"/>']
    if value > longest:
        parts.append(f'<path class="cut" d="M{BAR_WIDTH - 8} 4l8 6-8 6z"/>')
    if limit is not None:
        x = min(limit / longest, 1.0) * BAR_WIDTH
        parts.append(f'<path class="mark" d="M{x:.1f} 0V20"/>')
    return Markup(f'<svg class="bar" viewBox="0 0 {BAR_WIDTH} 20" aria-hidden="true">{"".join(parts)}</svg>')


def dots(values: Sequence[float], median: float, highest: float) -> Markup:
    """One dot per book on a scale from zero, with a line at the median."""
    top = max(highest, *values, 1e-9) if values else max(highest, 1e-9)
    width = 240
    parts = [f'<path class="axis" d="M4 10H{width - 4}"/>']
    parts.append(f'<path class="mark" d="M{4 + median / top * (width - 8):.1f} 1V19"/>')
    parts += [f'<circle cx="{4 + value / top * (width - 8):.1f}" cy="10" r="4.5"/>' for value in values]
    return Markup(f'<svg class="dots" viewBox="0 0 {width} 20" aria-hidden="true">{"".join(parts)}</svg>')


def columns(counts: Sequence[float], labels: Sequence[str]) -> Markup:
    """Columns with their counts above and labels below; labels are our own words."""
    top = max([*counts, 1])
    width, height, gap = 64, 90, 10
    parts = []
    for place, (value, label) in enumerate(zip(counts, labels, strict=True)):
        x, tall = place * (width + gap), value / top * height
        y = 18 + height - tall
        parts.append(f'<rect class="fill" x="{x}" y="{y:.1f}" width="{width}" height="{tall:.1f}" rx="2"/>')
        parts.append(f'<text x="{x + width / 2}" y="{y - 5:.1f}">{value:,.0f}</text>')
        parts.append(f'<text class="soft" x="{x + width / 2}" y="{18 + height + 16}">{label}</text>')
    whole = len(counts) * (width + gap) - gap
    told = ", ".join(f"{label}: {value:,.0f}" for value, label in zip(counts, labels, strict=True))
    box = f"0 0 {whole} {height + 40}"
    return Markup(f'<svg class="columns" viewBox="{box}" role="img" aria-label="{told}">{"".join(parts)}</svg>')
