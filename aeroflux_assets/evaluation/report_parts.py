"""Pieces of the evaluation's report: markdown tables from frames, and line figures as SVG that need no script."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape

import polars as pl

_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#8A8F98")
_WIDTH, _HEIGHT, _LEFT, _BELOW = 620, 300, 52, 40


def table(rows: pl.DataFrame, forms: Mapping[str, str] | None = None) -> str:
    """A frame as a markdown table. forms: column to a format such as `.4f`; null is a dash."""
    forms = forms or {}
    sides = ("---:|" if dtype.is_numeric() else ":---|" for dtype in rows.dtypes)
    lines = ["| " + " | ".join(rows.columns) + " |", "|" + "".join(sides)]
    for row in rows.iter_rows(named=True):
        cells = (_cell(value, forms.get(name, _form_of(value))) for name, value in row.items())
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _form_of(value: object) -> str:
    return (
        ","
        if isinstance(value, int) and not isinstance(value, bool)
        else ".4f"
        if isinstance(value, float)
        else ""
    )


def _cell(value: object, form: str) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return format(value, form).replace("|", "/") if form else str(value).replace("|", "/")


def lines(
    series: Iterable[tuple[str, Sequence[float], Sequence[float]]],
    x_title: str,
    y_title: str,
    *,
    diagonal: bool = False,
) -> str:
    """Lines of (name, x, y) as an SVG figure with axes and a legend; the diagonal where both axes mean the same."""
    drawn = [(name, list(x), list(y)) for name, x, y in series]
    xs, ys = [v for _, x, _ in drawn for v in x], [v for _, _, y in drawn for v in y]
    if not xs:
        return ""
    low_x, high_x, low_y, high_y = min(xs), max(xs), min(ys), max(ys)
    if diagonal:
        low_x = low_y = 0.0
        high_x = high_y = max(high_x, high_y)
    scale_x = (_WIDTH - _LEFT - 20) / ((high_x - low_x) or 1)
    scale_y = (_HEIGHT - _BELOW - 30) / ((high_y - low_y) or 1)

    def at(x: float, y: float) -> str:
        return f"{_LEFT + (x - low_x) * scale_x:.1f},{_HEIGHT - _BELOW - (y - low_y) * scale_y:.1f}"

    parts = [
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" role="img" font-family="sans-serif" font-size="12">'
    ]
    for step in range(5):
        y = low_y + (high_y - low_y) * step / 4
        _, level = at(low_x, y).split(",")
        parts.append(f'<line x1="{_LEFT}" x2="{_WIDTH - 20}" y1="{level}" y2="{level}" stroke="#e3e6ea"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{level}" text-anchor="end" dy="4" fill="#555">{y:.3g}</text>')
        x = low_x + (high_x - low_x) * step / 4
        place, _ = at(x, low_y).split(",")
        parts.append(
            f'<text x="{place}" y="{_HEIGHT - _BELOW + 16}" text-anchor="middle" fill="#555">{x:.3g}</text>'
        )
    if diagonal:
        a, b = at(low_x, low_y).split(","), at(high_x, high_y).split(",")
        parts.append(
            f'<line x1="{a[0]}" y1="{a[1]}" x2="{b[0]}" y2="{b[1]}" stroke="#999" stroke-dasharray="4 4"/>'
        )
    for number, (name, x_values, y_values) in enumerate(drawn):
        colour = _COLOURS[number % len(_COLOURS)]
        points = " ".join(at(x, y) for x, y in zip(x_values, y_values, strict=True))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        left = _LEFT + number * (_WIDTH - _LEFT) / max(len(drawn), 1)
        parts.append(f'<text x="{left:.0f}" y="16" fill="{colour}">{escape(name)}</text>')
    parts.append(
        f'<text x="{_WIDTH / 2}" y="{_HEIGHT - 6}" text-anchor="middle" fill="#333">{escape(x_title)}</text>'
    )
    middle = _HEIGHT / 2
    parts.append(
        f'<text x="12" y="{middle}" transform="rotate(-90 12 {middle})" text-anchor="middle" fill="#333">'
    )
    parts.append(f"{escape(y_title)}</text></svg>")
    return "".join(parts)


_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:1100px;margin:2rem auto;padding:0 1rem;color:#1e252d}"
    "table{border-collapse:collapse;margin:1rem 0;font-size:13px;display:block;overflow-x:auto}"
    "th,td{border-bottom:1px solid #dfe3e8;padding:.25rem .6rem;max-width:46rem}"
    "th{white-space:nowrap}h2{margin-top:2.5rem}"
)


def html(markdown: str) -> str:
    """The report's markdown as one page without scripts, fonts or addresses of others."""
    from markdown_it import MarkdownIt

    # The figures are our own SVG: HTML in the text is kept.
    body = MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown)
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'><meta name='viewport' content='width=device-width'>"
        f"<title>AeroFlux: the evaluation</title><style>{_STYLE}</style></head><body>{body}</body></html>\n"
    )
