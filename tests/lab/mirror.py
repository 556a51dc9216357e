"""Which Debian archives this machine itself uses: the lab fetches everything from there."""

import re
from dataclasses import dataclass
from pathlib import Path

_SOURCES = Path("/etc/apt")
_OWN_SUITE = re.compile(r"(?:bookworm|trixie|forky|sid|stable|testing)(?P<part>-updates|-security)?/?")


class NoMirrorError(RuntimeError):
    """apt on this machine knows no Debian archive."""


@dataclass(frozen=True)
class Source:
    """One line of apt's sources, cut down to what matters here."""

    uri: str
    suite: str
    components: tuple[str, ...]


def lines_for(suite: str) -> list[str]:
    """apt sources for `suite`, from the same archives as the machine's own suite, its updates included."""
    lines: dict[str, None] = {}
    for source in _machine_sources():
        match = _OWN_SUITE.fullmatch(source.suite)
        if match and "main" in source.components:
            lines[f"deb {source.uri} {suite}{match['part'] or ''} main"] = None
    if not any(f" {suite} " in line for line in lines):
        raise NoMirrorError(f"no archive with a Debian suite is named in {_SOURCES}/sources.list or sources.list.d")
    return list(lines)


def _machine_sources() -> list[Source]:
    sources: list[Source] = []
    for path in [_SOURCES / "sources.list", *sorted((_SOURCES / "sources.list.d").glob("*"))]:
        if path.suffix == ".list" and path.is_file():
            sources += _from_lines(path.read_text())
        elif path.suffix == ".sources":
            sources += _from_stanzas(path.read_text())
    return sources


def _from_lines(text: str) -> list[Source]:
    found = []
    for line in text.splitlines():
        match = re.match(r"deb\s+(?:\[[^]]*\]\s+)?(\S+)\s+(\S+)\s+(.+)", line.split("#")[0].strip())
        if match:
            found.append(Source(match[1], match[2], tuple(match[3].split())))
    return found


def _from_stanzas(text: str) -> list[Source]:
    found = []
    for stanza in re.split(r"\n\s*\n", text):
        fields = {
            key.lower(): value.split()
            for key, value in re.findall(r"^([A-Za-z-]+):[ \t]*(.*(?:\n[ \t]+.*)*)", stanza, re.MULTILINE)
        }
        if "deb" not in fields.get("types", []) or fields.get("enabled") == ["no"]:
            continue
        components = tuple(fields.get("components", ()))
        found += [Source(uri, suite, components) for uri in fields["uris"] for suite in fields["suites"]]
    return found
