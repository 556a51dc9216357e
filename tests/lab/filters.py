"""Tables for a host's packet filter, each of which makes one thing vanish. They stand side by side."""

from dataclasses import dataclass

_DATA = "49152-49215"  # libvirt gives a migration's streams ports from these
_DAEMON = "16514"  # of libvirtd's TLS
# What `ss` understands: either end is one of these ports.
OF_DATA = "( sport ge :49152 and sport le :49215 ) or ( dport ge :49152 and dport le :49215 )"
_BEFORE_ALL = "-300"


@dataclass(frozen=True)
class Table:
    """name: family and name, as `nft delete table` takes them."""

    name: str
    text: str


def _table(name: str, **chains: str) -> Table:
    """Of incoming and outgoing packets: chain → rules."""
    body = "".join(
        f"  chain {hook} {{ type filter hook {hook} priority {_BEFORE_ALL}; {rules}; }}\n"
        for hook, rules in chains.items()
    )
    return Table(f"inet {name}", f"table inet {name} {{\n{body}}}\n")


_OF_DATA_NFT = f"tcp dport {_DATA} drop; tcp sport {_DATA} drop"
DATA_CUT = _table("data_cut", input=_OF_DATA_NFT, output=_OF_DATA_NFT)
DAEMON_MUTE = _table("daemon_mute", output=f"tcp sport {_DAEMON} drop")
# A host that has lost a connection answers what still comes for it with a reset, too.
NO_RESETS = _table(
    "no_resets", output=f"tcp dport {_DATA} tcp flags & rst == rst drop; tcp sport {_DATA} tcp flags & rst == rst drop"
)


def silence(device: str) -> Table:
    """Nothing passes, in either direction."""
    return _table(f"silence_{device}", input=f'iifname "{device}" drop', output=f'oifname "{device}" drop')


def swallow(device: str, above: int) -> Table:
    """Packets that come in and are longer vanish."""
    chain = f"chain incoming {{ type filter hook ingress device {device} priority 0; meta length > {above} drop; }}"
    return Table(f"netdev swallow_{device}", f"table netdev swallow_{device} {{\n  {chain}\n}}\n")
