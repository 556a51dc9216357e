"""Processor models that an operator may name for hosts of different makes, and the <cpu> documents for them."""

from collections.abc import Iterable, Mapping
from html import escape

# libvirt and QEMU know no model of these names: each is this model with the features of its level (x86-64 psABI).
_BASE = "kvm64"
_V2 = ("cx16", "lahf_lm", "pni", "popcnt", "sse4.1", "sse4.2", "ssse3")
_V3 = (*_V2, "abm", "avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "movbe", "xsave")
_V4 = (*_V3, "avx512bw", "avx512cd", "avx512dq", "avx512f", "avx512vl")
LEVELS: Mapping[str, tuple[str, ...]] = {"x86-64-v1": (), "x86-64-v2": _V2, "x86-64-v3": _V3, "x86-64-v4": _V4}

_OF_NO_MAKER = frozenset({"kvm64", "qemu64", "kvm32", "qemu32", "486", "pentium", "pentium2", "pentium3", "pentiumpro"})


def of_no_maker(model: str) -> bool:
    """Whether the model belongs to no maker of processors, so that any maker's host may offer it."""
    return model in LEVELS or model.partition("-v")[0] in _OF_NO_MAKER


def document(model: str) -> str:
    """The <cpu> document of a model, or of a level of the architecture."""
    if model in LEVELS:
        return with_features(_BASE, LEVELS[model])
    return with_features(model, ())


def shared_part(features: Iterable[str], vendor: str) -> str:
    """A <cpu> document of these features, in names that a host knows which has them all."""
    return with_features(_BASE, sorted(features), vendor)


def with_features(model: str, features: Iterable[str], vendor: str = "") -> str:
    """A <cpu> document of a model and further features."""
    lines = [
        "<cpu mode='custom' match='exact'>",
        f"  <model fallback='forbid'>{escape(model)}</model>",
        *([f"  <vendor>{escape(vendor)}</vendor>"] if vendor else []),
        *(f"  <feature policy='require' name='{escape(name)}'/>" for name in features),
        "</cpu>",
    ]
    return "\n".join(lines) + "\n"
