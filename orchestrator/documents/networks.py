"""The documents of `ferry network`: the networks, the choice between two hosts, and what the policy should say."""

from dataclasses import dataclass
from typing import Any, Literal

from orchestrator.documents.adapters import adapter
from orchestrator.documents.envelopes import Document
from orchestrator.model.host import HostName
from orchestrator.planning.network import Candidate, Selection, Standing
from orchestrator.planning.network_advice import Advice
from orchestrator.planning.network_score import Part
from orchestrator.planning.network_view import NetworksSeen


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One network between two hosts. score: the product of its parts, 0 where nothing was looked at."""

    network: str
    standing: Standing
    source_address: str
    destination_address: str
    usable: bool
    score: float
    parts: tuple[Part, ...]
    rejected: tuple[str, ...]
    unfit: tuple[str, ...]
    priority: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkChosen:
    """ferry network explain. chosen: null where no network is usable."""

    source: HostName
    destination: HostName
    policy: str
    chosen: str | None
    because: str
    candidates: tuple[Scored, ...]
    schema: Literal["ferry.network/1"] = "ferry.network/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Networks:
    """ferry network show"""

    seen: NetworksSeen
    schema: Literal["ferry.networks/1"] = "ferry.networks/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkAdvice:
    """ferry network advise"""

    advice: Advice
    schema: Literal["ferry.network-advice/1"] = "ferry.network-advice/1"


ALL = (NetworkChosen, Networks, NetworkAdvice)


def network_document(policy: str, selection: Selection, candidates: tuple[Candidate, ...]) -> Document:
    """ferry.network: every network between two hosts, and the one that moves take."""
    return _plain(
        NetworkChosen(
            source=selection.source,
            destination=selection.destination,
            policy=policy,
            chosen=None if selection.chosen is None else selection.chosen.network,
            because=selection.because,
            candidates=tuple(_scored(one) for one in candidates),
        )
    )


def networks_document(seen: NetworksSeen) -> Document:
    """ferry.networks: what is configured, what hosts say, what was tested."""
    document = _plain(Networks(seen=seen))
    for row in document["seen"]["networks"]:
        row["network"]["roles"].sort()  # they have no order of their own, and a document has one
    return document


def network_advice_document(advice: Advice) -> Document:
    """ferry.network-advice: what to write otherwise."""
    return _plain(NetworkAdvice(advice=advice))


def _scored(one: Candidate) -> Scored:
    return Scored(
        network=one.network,
        standing=one.standing,
        source_address=one.source_address,
        destination_address=one.destination_address,
        usable=one.usable,
        score=round(one.score, 1),
        parts=one.parts,
        rejected=one.rejected,
        unfit=one.unfit,
        priority=one.priority,
    )


def _plain(document: object) -> Document:
    form: Any = type(document)
    plain: Document = adapter(form).dump_python(document, mode="json")
    return {"schema": plain.pop("schema"), **plain}
