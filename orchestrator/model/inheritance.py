"""Where each value of a policy was written, and what groups, hosts and guests settle differently from the site."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from orchestrator.model.host import HostEntry
from orchestrator.model.policy import Charge, Policy, Waiver


class Layer(StrEnum):
    """Who settles a value. A later one wins: nobody, the policy of the site, the host's group, the host, the guest."""

    DEFAULT = "default"
    SITE = "policy"
    GROUP = "group"
    HOST = "host"
    GUESTS = "guests"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One value as it was written. path: keys from the top of a policy; all waivers share one. of: name of the layer.

    file and line say where; "" and 0 for a default.
    """

    path: tuple[str, ...]
    value: object
    layer: Layer = Layer.DEFAULT
    of: str = ""
    file: str = ""
    line: int = 0

    @property
    def key(self) -> str:
        """The path as it is shown."""
        return ".".join(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """What one group, one host, or the guests whose names match `name` settle differently."""

    layer: Layer
    name: str
    settings: tuple[Setting, ...]

    @property
    def label(self) -> str:
        """As it is shown: group rack1."""
        return f"{self.layer} {self.name}"

    def concerns(self, guest: str, host: HostEntry | None) -> bool:
        """Whether it counts for this guest ("" for none) and this host."""
        match self.layer:
            case Layer.GUESTS:
                return guest != "" and fnmatchcase(guest, self.name)
            case Layer.GROUP:
                return host is not None and host.group == self.name
            case _:
                return host is not None and host.name == self.name


def leaves(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], object]]:
    """Every single value below, with the way to it: keys, and the position of a waiver in its list.

    A ladder is one value: its rungs make sense only together. So is what one kind of move costs.
    """
    if is_dataclass(value) and not isinstance(value, Waiver | Charge):
        for field in fields(value):
            if field.name not in ("name", "description"):
                yield from leaves(getattr(value, field.name), (*path, field.name))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield (*path, key), item
    elif isinstance(value, tuple) and all(isinstance(item, Waiver) for item in value):
        for number, item in enumerate(value):
            yield (*path, number), item
    else:
        yield path, value


def overridden(site: Policy, overrides: Sequence[Override]) -> Policy:
    """The policy with these changes; its name says which they were. Mappings merge by key, waivers add up."""
    for override in overrides:
        for setting in override.settings:
            site = _assigned(site, setting.path, setting.value)
    labels = ", ".join(override.label for override in overrides)
    return replace(site, name=f"{site.name} with {labels}") if labels else site


def _assigned(holder: Any, path: tuple[str, ...], value: object) -> Any:
    first, *rest = path
    if isinstance(holder, Mapping):
        return {**holder, first: value}
    before = getattr(holder, first)
    if rest:
        value = _assigned(before, tuple(rest), value)
    elif isinstance(value, Waiver):
        value = (*before, value)
    return replace(holder, **{first: value})
