"""The network interfaces: kind, state, addresses, speed, membership, and what a filtering bridge lets through."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from orchestrator.model.cabling import Interface
from orchestrator.model.facts import Unknown
from orchestrator.survey.root import REFUSED_STATUS
from orchestrator.survey.topics.section import Section, number, under

# -pretty breaks the JSON into short lines, which stay whole when several sections print at once; of these, members that
# nobody reads and that others follow are left out. What ip does not know stands in sysfs; reading `speed` fails where
# the interface is down.
_READ = r"ifname\|flags\|mtu\|link_type\|master\|local\|info_kind\|mode\|xmit_hash_policy\|vlan_filtering\|type\|link"
_SCRIPT = f"""
ip -json -pretty -details addr show 2>/dev/null |
  sed -e '/"\\({_READ}\\)"/b keep' -e '/^ *"[a-z0-9_]*": [^[{{]*,$/d' -e ':keep' -e 's/^/ip /'
bridge -json -pretty vlan show 2>/dev/null | sed 's/^/vlan /'
for interface in /sys/class/net/*; do
  [ -d "$interface" ] || continue
  speed=; duplex=; device=no
  {{ read -r speed <"$interface/speed"; read -r duplex <"$interface/duplex"; }} 2>/dev/null
  [ -e "$interface/device" ] && device=yes
  name=${{interface##*/}}
  set -- "$interface"/queues/rx-*
  [ -e "$1" ] || set --
  echo "net $name ${{speed:--}} ${{duplex:--}} $# $device"
done
if command -v ovs-vsctl >/dev/null; then
  bridges=$(root ovs-vsctl --timeout=2 list-br 2>/dev/null)
  [ $? -eq {REFUSED_STATUS} ] && echo refused
  for bridge in $bridges; do echo "ovs $bridge"; done
fi
"""
_UPON = frozenset({"vlan", "macvlan", "ipvlan"})  # for others, as veth, `link` is the other end
_GUESTS = frozenset({"tap", "tun"})  # kinds of ports that are no way out of a bridge


def _parse(lines: Sequence[str]) -> tuple[Interface, ...] | Unknown:
    text = "\n".join(under(lines, "ip"))
    if not text:
        return Unknown(why="`ip -json addr` said nothing (iproute2 older than 4.13, or missing)", code="host.shell")
    found = [link for link in json.loads(text) if link]  # old versions print {} for what they leave out
    let_through = _vlans("\n".join(under(lines, "vlan")))
    said = {words[0]: words[1:] for words in (line.split() for line in under(lines, "net")) if len(words) == 5}
    ovs = frozenset(line.strip() for line in under(lines, "ovs"))
    read = [_interface(link, said.get(link["ifname"], []), let_through, ovs) for link in found]
    return tuple(_with_ways_out(one, read) for one in read)


def _interface(
    link: Mapping[str, Any], said: list[str], let_through: Mapping[str, frozenset[int]], ovs: frozenset[str]
) -> Interface:
    info = link.get("linkinfo", {})
    data = info.get("info_data", {})
    speed, duplex, queues, device = said or ["-", "-", "0", "no"]
    name = str(link["ifname"])
    bond = info.get("info_kind") == "bond"
    kind = _kind(link, info, device == "yes", name in ovs)
    return Interface(
        name=name,
        kind=kind,
        up={"UP", "LOWER_UP"} <= set(link.get("flags", ())),
        enabled="UP" in link.get("flags", ()),
        mtu=int(link["mtu"]),
        addresses=tuple(str(one["local"]) for one in link.get("addr_info", ()) if "local" in one),
        speed_mbit=number(speed) or None,
        duplex=duplex if duplex in ("full", "half") else None,
        queues=number(queues) or None,
        master=link.get("master"),
        vlan_filtering=bool(data.get("vlan_filtering", 0)),
        vlans=let_through.get(name, frozenset()),
        bond_mode=data.get("mode") if bond else None,
        bond_hash=data.get("xmit_hash_policy") if bond else None,
        lower=link.get("link") if kind in _UPON else None,
    )


def _kind(link: Mapping[str, Any], info: Mapping[str, Any], hardware: bool, ovs_bridge: bool) -> str:
    if ovs_bridge:
        return "ovs-bridge"
    kind = str(info.get("info_kind", ""))
    if kind == "tun":
        return str(info.get("info_data", {}).get("type", "tap"))
    if kind:
        return kind
    return "physical" if hardware or link.get("link_type") == "ether" else str(link.get("link_type", ""))


def _vlans(text: str) -> dict[str, frozenset[int]]:
    """Port or bridge → ids. Neighbouring ids may be printed as one range."""
    ports = json.loads(text) if text else []
    return {
        str(port["ifname"]): frozenset(
            tag for one in port["vlans"] for tag in range(one["vlan"], min(one.get("vlanEnd", one["vlan"]), 4094) + 1)
        )
        for port in ports
        if port
    }


def _with_ways_out(one: Interface, others: Sequence[Interface]) -> Interface:
    """A filtering bridge lets out what the ports let out that are not guests'."""
    if not (one.kind == "bridge" and one.vlan_filtering):
        return one
    ports = [port.vlans for port in others if port.master == one.name and port.kind not in _GUESTS]
    return replace(one, vlans=frozenset[int]().union(*ports)) if ports else one


SECTION = Section(script=_SCRIPT, parse=_parse)
