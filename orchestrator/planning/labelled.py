"""Rules of affinity that guests bring along: those whose labels have a word in common are apart, or together."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from orchestrator.model.facts import Facts
from orchestrator.model.guest import Power
from orchestrator.model.policy import Affinity
from orchestrator.model.settings import Settings

_RATHER = "rather-"
_LABELS = ("apart", "together", f"{_RATHER}apart", f"{_RATHER}together")


def with_labels(settings: Settings, facts: Facts) -> Settings:
    """The settings with these rules after those of the policy."""
    found = tuple(_rules(facts))
    if not found:
        return settings
    return replace(settings, policy=replace(settings.policy, affinity=(*settings.policy.affinity, *found)))


def _rules(facts: Facts) -> Iterator[Affinity]:
    names: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for answer in facts.answering().values():
        for guest in answer.guests:
            for label, words in guest.labels:
                if label in _LABELS and guest.power is not Power.ABSENT:
                    for word in words.replace(",", " ").split():
                        names[label, word].add(guest.name)
    for (label, _), members in sorted(names.items()):
        if len(members) > 1:
            named, hard = tuple(sorted(members)), not label.startswith(_RATHER)
            apart = label.removeprefix(_RATHER) == "apart"
            yield Affinity(apart=named, hard=hard) if apart else Affinity(together=named, hard=hard)
