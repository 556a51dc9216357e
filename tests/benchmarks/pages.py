"""What was measured as a table in Markdown and as a chart in SVG."""

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from tests.benchmarks.judge import ALWAYS, USUAL, Verdict, judge, within_budget
from tests.benchmarks.result import Result, of_consent
from tests.benchmarks.strategies import CUT_SECONDS, OURS

_HEAD = (
    "cell", "strategy", "outcome", "process s", "from preparing s", "measuring s", "downtime ms", "blackout ms",
    "work", "guest MB/s", "transport", "during the copy",
)  # fmt: skip
_COLOURS = (
    "#1a7f37", "#888888", "#5b8def", "#d97706", "#b91c1c", "#7c3aed", "#0f766e", "#a16207", "#be185d", "#334155",
    "#65a30d", "#0891b2",
)  # fmt: skip
_LEFT, _WIDTH, _ROW, _TOP = 250, 700, 26, 60


def markdown(results: Sequence[Result]) -> str:
    """Two tables, with consent to post-copy and without, and what the judge says of each."""
    parts = ["# How quickly and how gently a guest moves\n"]
    for consent in (False, True):
        belonging = of_consent(results, consent=consent)
        title = "With consent to post-copy" if consent else "Without post-copy"
        parts += [f"## {title}\n", _verdict(judge(belonging)), _table(belonging)]
    return "\n".join(parts)


def _verdict(verdict: Verdict) -> str:
    ratios = [cell for cell in verdict.cells if cell.ratio is not None]
    lines = [f"- {cell.cell}: {cell.ratio:.2f} times the best ({cell.best})" for cell in ratios]
    judged = [f"- **not held**: {text}" for text in verdict.complaints] or [
        f"- **held**: ended wherever anything did; at most {USUAL} times the best in nine cells of ten, {ALWAYS} in all"
    ]
    return "\n".join([*judged, *lines, ""])


def _table(results: Sequence[Result]) -> str:
    ordered = sorted(results, key=lambda result: (result.cell, not within_budget(result), result.process))
    rows = [_HEAD, tuple("---" for _ in _HEAD), *(_row(result) for result in ordered)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


def _row(result: Result) -> tuple[str, ...]:
    def number(value: float | None, digits: int = 1) -> str:
        return "" if value is None else f"{value:.{digits}f}"

    share = "" if result.work_share is None else f"{result.work_share:.0%}"
    ended = result.outcome if within_budget(result) or result.outcome != "migrated" else "over budget"
    acted = ", ".join(result.acted) or ("" if result.outcome == "migrated" else "had not acted yet")
    return (
        result.cell, f"**{result.strategy}**" if result.strategy == OURS else result.strategy, ended,
        number(result.process), number(result.total), number(result.measuring), number(result.downtime_ms, 0),
        number(result.blackout_ms, 0), share, number(result.rate), result.transport, acted,
    )  # fmt: skip


def svg(results: Sequence[Result], *, consent: bool) -> str:
    """A row for each cell, a dot for each strategy that ended within the budget, names for those that did not."""
    belonging = of_consent(results, consent=consent)
    cells = list(dict.fromkeys(result.cell for result in belonging))
    names = sorted({result.strategy for result in belonging}, key=lambda name: (name != OURS, name))
    colours = {name: _COLOURS[index % len(_COLOURS)] for index, name in enumerate(names)}
    verdicts = {verdict.cell: verdict.seconds for verdict in judge(belonging).cells}
    height = _TOP + _ROW * (len(cells) + 2)
    body = [_legend(colours), _axis(len(cells))]
    for index, cell in enumerate(cells):
        body.append(_line(index, cell, verdicts[cell], [n for n in names if _tried(belonging, cell, n)], colours))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_LEFT + _WIDTH + 420}" height="{height}" '
        f'font-family="sans-serif" font-size="12">\n' + "\n".join(body) + "\n</svg>\n"
    )


def _tried(results: Sequence[Result], cell: str, name: str) -> bool:
    return any(result.cell == cell and result.strategy == name for result in results)


def _x(seconds: float) -> float:
    return _LEFT + _WIDTH * min(seconds, CUT_SECONDS + 10) / (CUT_SECONDS + 10)


def _legend(colours: Mapping[str, str]) -> str:
    parts = []
    for index, (name, colour) in enumerate(colours.items()):
        x = 20 + index * 105
        parts.append(f'<circle cx="{x}" cy="18" r="5" fill="{colour}"/><text x="{x + 9}" y="22">{escape(name)}</text>')
    return "\n".join(parts)


def _axis(rows: int) -> str:
    bottom = _TOP + _ROW * rows
    parts = []
    for seconds in range(0, CUT_SECONDS + 1, 10):
        x = _x(seconds)
        parts.append(f'<line x1="{x}" x2="{x}" y1="{_TOP - 8}" y2="{bottom}" stroke="#dddddd"/>')
        parts.append(f'<text x="{x}" y="{bottom + 16}" text-anchor="middle">{seconds} s</text>')
    return "\n".join(parts)


def _line(index: int, cell: str, seconds: Mapping[str, float], tried: Sequence[str], colours: Mapping[str, str]) -> str:
    y = _TOP + _ROW * index + _ROW // 2
    parts = [f'<text x="{_LEFT - 10}" y="{y + 4}" text-anchor="end">{escape(cell)}</text>']
    for name in reversed([name for name in tried if name in seconds]):  # ours last, on top of the others
        radius = 7 if name == OURS else 5
        title = f"<title>{escape(name)}: {seconds[name]:.1f} s</title>"
        place = f'cx="{_x(seconds[name]):.1f}" cy="{y}" r="{radius}"'
        parts.append(f'<circle {place} fill="{colours[name]}" fill-opacity="0.8">{title}</circle>')
    missing = [name for name in tried if name not in seconds]
    if missing:
        text = escape("not: " + ", ".join(missing))
        parts.append(f'<text x="{_LEFT + _WIDTH + 10}" y="{y + 4}" fill="#999999">{text}</text>')
    return "\n".join(parts)
