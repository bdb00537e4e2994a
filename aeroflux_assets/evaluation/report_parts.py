"""Pieces of the evaluation's report: markdown tables from frames, and line figures as SVG that need no script."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True)
class _Axes:
    """The ranges of a figure's two axes, and where a point of them lies in the SVG."""

    low_x: float
    high_x: float
    low_y: float
    high_y: float

    def at(self, x: float, y: float) -> tuple[str, str]:
        """Where a point lies, in pixels of the SVG as text."""
        scale_x = (_WIDTH - _LEFT - 20) / ((self.high_x - self.low_x) or 1)
        scale_y = (_HEIGHT - _BELOW - 30) / ((self.high_y - self.low_y) or 1)
        return (
            f"{_LEFT + (x - self.low_x) * scale_x:.1f}",
            f"{_HEIGHT - _BELOW - (y - self.low_y) * scale_y:.1f}",
        )

    def grid(self) -> Iterator[str]:
        """Five levels of each axis with their numbers."""
        for step in range(5):
            y = self.low_y + (self.high_y - self.low_y) * step / 4
            _, level = self.at(self.low_x, y)
            yield f'<line x1="{_LEFT}" x2="{_WIDTH - 20}" y1="{level}" y2="{level}" stroke="#e3e6ea"/>'
            yield f'<text x="{_LEFT - 6}" y="{level}" text-anchor="end" dy="4" fill="#555">{y:.3g}</text>'
            x = self.low_x + (self.high_x - self.low_x) * step / 4
            place, _ = self.at(x, self.low_y)
            below = _HEIGHT - _BELOW + 16
            yield f'<text x="{place}" y="{below}" text-anchor="middle" fill="#555">{x:.3g}</text>'

    def diagonal(self) -> str:
        """A dashed line from the lower left corner to the upper right one."""
        (x1, y1), (x2, y2) = self.at(self.low_x, self.low_y), self.at(self.high_x, self.high_y)
        return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="#999" stroke-dasharray="4 4"/>'


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
    axes = _Axes(min(xs), max(xs), min(ys), max(ys))
    if diagonal:
        high = max(axes.high_x, axes.high_y)
        axes = _Axes(0.0, high, 0.0, high)
    parts = [
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" role="img" font-family="sans-serif" font-size="12">',
        *axes.grid(),
    ]
    if diagonal:
        parts.append(axes.diagonal())
    for number, (name, x_values, y_values) in enumerate(drawn):
        colour = _COLOURS[number % len(_COLOURS)]
        points = " ".join(",".join(axes.at(x, y)) for x, y in zip(x_values, y_values, strict=True))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        left = _LEFT + number * (_WIDTH - _LEFT) / len(drawn)
        parts.append(f'<text x="{left:.0f}" y="16" fill="{colour}">{escape(name)}</text>')
    middle = _HEIGHT / 2
    parts += [
        f'<text x="{_WIDTH / 2}" y="{_HEIGHT - 6}" text-anchor="middle" fill="#333">{escape(x_title)}</text>',
        f'<text x="12" y="{middle}" transform="rotate(-90 12 {middle})" text-anchor="middle" fill="#333">',
        f"{escape(y_title)}</text></svg>",
    ]
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
