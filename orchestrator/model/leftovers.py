"""What lies about on a host and may belong to no guest: state of TPMs, ferry's own tokens, files in storage pools."""

from dataclasses import dataclass

from orchestrator.model.guest import GuestId


@dataclass(frozen=True, slots=True, kw_only=True)
class TpmDirectory:
    """State of an emulated TPM, named after its guest. age_seconds: since anything in it was last changed."""

    path: str
    guest: GuestId
    filesystem: str
    age_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A file by which ferry proves that two hosts see one directory; it should live for seconds."""

    path: str
    filesystem: str
    age_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolFile:
    """A file in the directory of a storage pool of kind dir. age_seconds: since it was last written."""

    path: str
    filesystem: str
    bytes: int
    age_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftovers:
    """All of one host, whether or not a guest uses it; file systems as `stat -f -c %T` names them."""

    tpms: tuple[TpmDirectory, ...] = ()
    tokens: tuple[Token, ...] = ()
    files: tuple[PoolFile, ...] = ()
