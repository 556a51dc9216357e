"""A value that could not be read, with the reason."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """A value that could not be read. `code` is a key of the error catalogue, `leg` the connection that failed."""

    why: str
    code: str = "host.unreachable"
    leg: str = ""
