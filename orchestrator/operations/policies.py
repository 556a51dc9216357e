"""Look at policies: what counts for whom and why, in what two of them differ, which waivers are about to end."""

from collections.abc import Iterator, Sequence
from datetime import date
from fnmatch import fnmatchcase

from orchestrator.model.host import HostName
from orchestrator.model.inheritance import Setting, leaves
from orchestrator.model.policy import Allowances, Policy, Waiver
from orchestrator.model.provenance import Audit, Difference, Effective, Explained, Granted
from orchestrator.model.settings import Settings
from orchestrator.planning.resolve import unknown_host

Keys = tuple[str, ...]


def explain(settings: Settings, *, guest: str = "", host: HostName | None = None) -> Explained:
    """What counts for that guest and host, each value with where it stands. Raises usage.unknown-host."""
    if host is not None and host not in settings.hosts:
        raise unknown_host(host, settings.hosts)
    policy = settings.policy_for(guest=guest, host=host)
    said = _said(settings, guest, host)
    return Explained(
        name=settings.policy.name,
        description=settings.policy.description,
        guest=guest,
        host=host or "",
        overrides=tuple(override.label for override in settings.overrides_for(guest=guest, host=host)),
        values=tuple(_effective(said[keys]) for keys, value in _values(policy) if not isinstance(value, Waiver)),
        # Those for other guests are left out; the host may be the source, which nobody knows here.
        waivers=tuple(
            granted
            for every in said.values()
            for granted in _granted(every)
            if guest == "" or fnmatchcase(guest, granted.waiver.guest)
        ),
    )


def differences(a: Policy, b: Policy) -> tuple[Difference, ...]:
    """Every value in which they differ, in the order of the reference page."""
    here, there = _by_keys(a), _by_keys(b)
    return tuple(
        Difference(
            key=".".join(keys),
            a=tuple(value for value in here.get(keys, ()) if value not in there.get(keys, ())),
            b=tuple(value for value in there.get(keys, ()) if value not in here.get(keys, ())),
        )
        for keys in dict.fromkeys((*here, *there))
        if here.get(keys) != there.get(keys)
    )


def audit(settings: Settings, today: date) -> Audit:
    """Every waiver of the configuration, the first to end first, and what is written without effect."""
    everything = (*settings.policy_settings, *(s for override in settings.overrides for s in override.settings))
    waivers = sorted(_granted(everything), key=lambda granted: granted.waiver.until)
    return Audit(
        file=settings.file,
        policy=settings.policy.name,
        today=today,
        waivers=tuple(waivers),
        remarks=tuple(_remarks(settings, everything)),
    )


def _said(settings: Settings, guest: str, host: HostName | None) -> dict[Keys, list[Setting]]:
    """What everybody said of each value, the last one counts."""
    said: dict[Keys, list[Setting]] = {}
    defaults = (Setting(path=keys, value=value) for keys, value in _values(Allowances()))
    different = (s for override in settings.overrides_for(guest=guest, host=host) for s in override.settings)
    for setting in (*defaults, *settings.policy_settings, *different):
        said.setdefault(setting.path, []).append(setting)
    return said


def _effective(said: list[Setting]) -> Effective:
    return Effective(setting=said[-1], instead_of=tuple(reversed(said[:-1])))


def _granted(said: Sequence[Setting]) -> Iterator[Granted]:
    for setting in said:
        if isinstance(setting.value, Waiver):
            yield Granted(waiver=setting.value, setting=setting)


def _values(policy: Allowances) -> Iterator[tuple[Keys, object]]:
    for path, value in leaves(policy):
        yield tuple(step for step in path if isinstance(step, str)), value


def _by_keys(policy: Policy) -> dict[Keys, tuple[object, ...]]:
    found: dict[Keys, tuple[object, ...]] = {}
    for keys, value in _values(policy):
        found[keys] = (*found.get(keys, ()), value)
    return found


def _remarks(settings: Settings, everything: tuple[Setting, ...]) -> Iterator[str]:
    for setting in everything:
        where = f"{setting.file}:{setting.line}"
        if isinstance(setting.value, Waiver) and not any(fnmatchcase(h, setting.value.host) for h in settings.hosts):
            yield f"no host is called {setting.value.host}, for which {setting.value.check} is waived ({where})"
