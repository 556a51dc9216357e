"""The documents of `ferry cpu`: baseline, matrix, and a change of a guest's definition."""

from dataclasses import dataclass
from typing import Any, Literal

from orchestrator.documents.adapters import adapter
from orchestrator.documents.envelopes import Document
from orchestrator.model.baseline import CpuChange
from orchestrator.model.effect import Effect
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.planning.baseline_changes import BaselineReport
from orchestrator.planning.cpu_matrix import Matrix


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuBaseline:
    """ferry cpu baseline"""

    report: BaselineReport
    schema: Literal["ferry.cpu-baseline/1"] = "ferry.cpu-baseline/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuMatrix:
    """ferry cpu matrix"""

    matrix: Matrix
    schema: Literal["ferry.cpu-matrix/1"] = "ferry.cpu-matrix/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuApplied:
    """ferry cpu apply. effect: null where nothing was to be done or was done (--dry-run). refusing: hosts of the same
    group that do not offer the CPU."""

    guest: GuestId
    name: str
    host: HostName
    cpu: str
    because: str
    change: CpuChange
    refusing: tuple[HostName, ...]
    takes_effect: str
    effect: Effect | None
    schema: Literal["ferry.cpu-apply/1"] = "ferry.cpu-apply/1"


ALL = (CpuBaseline, CpuMatrix, CpuApplied)


def cpu_baseline_document(report: BaselineReport) -> Document:
    """ferry.cpu-baseline: the CPU, its hosts, and what changed."""
    return _plain(CpuBaseline(report=report))


def cpu_matrix_document(matrix: Matrix) -> Document:
    """ferry.cpu-matrix: every guest and every host."""
    return _plain(CpuMatrix(matrix=matrix))


def cpu_apply_document(applied: CpuApplied) -> Document:
    """ferry.cpu-apply: what a guest's definition has or would have."""
    return _plain(applied)


def _plain(document: object) -> Document:
    form: Any = type(document)
    plain: Document = adapter(form).dump_python(document, mode="json")
    return {"schema": plain.pop("schema"), **plain}
