"""Which guests an operator means: by name, glob, host, UUID, tag or label."""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from orchestrator.model.guest import Guest
from orchestrator.model.host import HostName

_TAG, _TAGS = "tag:", "tags"


def means(patterns: Sequence[str], host: HostName, guest: Guest) -> bool:
    """Whether one of them means the guest: NAME, glob, HOST/NAME, UUID, tag:TAG, or LABEL=VALUE."""
    return any(_one(pattern, host, guest) for pattern in patterns)


def unmatched(patterns: Iterable[str], places: Sequence[tuple[HostName, Guest]]) -> tuple[str, ...]:
    """Those that mean none of the guests."""
    return tuple(pattern for pattern in patterns if not any(_one(pattern, host, guest) for host, guest in places))


def _one(pattern: str, host: HostName, guest: Guest) -> bool:
    if _is(pattern, (guest.name, guest.uuid, f"{host}/{guest.name}", f"{host}/{guest.uuid}")):
        return True
    labels = dict(guest.labels)
    if pattern.startswith(_TAG):
        return _is(pattern.removeprefix(_TAG), labels.get(_TAGS, "").replace(",", " ").split())
    label, said, value = pattern.partition("=")
    return bool(said) and label in labels and _is(value, (labels[label],))


def _is(pattern: str, names: Iterable[str]) -> bool:
    return any(pattern == name or fnmatchcase(name, pattern) for name in names)
