#!/bin/bash
# Makes a Debian machine a host of the lab. Runs as root inside it, and may run again.
# INTERFACES: one line a network, MAC INTERFACE BRIDGE ADDRESS/PREFIX RATE; - or none where there is nothing to say.
# STORAGE_SERVER: the address of the host that keeps /srv/shared; STORAGE_NETWORK: who may mount it.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive

install_packages() {
    local own_drivers=()
    # Debian 13 has a package for each of libvirt's drivers, Debian 12 one for all.
    if apt-cache show libvirt-daemon-driver-storage >/dev/null 2>&1; then
        own_drivers=(libvirt-daemon-driver-network libvirt-daemon-driver-nodedev libvirt-daemon-driver-storage)
    fi
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends qemu-system-x86 qemu-utils libvirt-daemon-system libvirt-clients \
        nftables iproute2 iperf3 nfs-kernel-server nfs-common "${own_drivers[@]}"
}

name_interface() {
    local mac=$1 interface=$2 path present
    printf '[Match]\nPermanentMACAddress=%s\n[Link]\nName=%s\n' "$mac" "$interface" \
        >"/etc/systemd/network/10-ferry-$interface.link"
    for path in /sys/class/net/*; do
        present=${path##*/}
        if [ "$present" != "$interface" ] && [ ! -e "$path/bridge" ] && [ "$(cat "$path/address")" = "$mac" ]; then
            ip link set "$present" down
            ip link set "$present" name "$interface"
        fi
    done
}

configure_interface() {
    local interface=$1 bridge=$2 address=$3 rate=$4 file="/etc/systemd/network/10-ferry-$1.network"
    printf '[Match]\nName=%s\n[Network]\nLinkLocalAddressing=no\n' "$interface" >"$file"
    if [ "$bridge" = - ]; then
        printf 'Address=%s\n' "$address" >>"$file"
    else
        printf 'Bridge=%s\n' "$bridge" >>"$file"
        printf '[NetDev]\nName=%s\nKind=bridge\n' "$bridge" >"/etc/systemd/network/10-ferry-$bridge.netdev"
        printf '[Match]\nName=%s\n[Network]\nAddress=%s\n' "$bridge" "$address" \
            >"/etc/systemd/network/10-ferry-$bridge.network"
    fi
    if [ "$rate" != none ]; then
        # networkd writes rates as tc does, without the word bit.
        printf '[TokenBucketFilter]\nParent=root\nRate=%s\nBurstBytes=512K\nLatencySec=50ms\n' \
            "$(echo "${rate%bit}" | tr kmg KMG)" >>"$file"
    fi
}

share_storage() {
    mkdir -p /srv/shared /srv/local
    if ip -brief address | grep -q " $STORAGE_SERVER/"; then
        mkdir -p /srv/shared/console /srv/shared/image
        echo "/srv/shared $STORAGE_NETWORK(rw,sync,no_root_squash,no_subtree_check)" >/etc/exports.d/ferry.exports
        exportfs -ra
    elif ! mountpoint -q /srv/shared; then
        echo "$STORAGE_SERVER:/srv/shared /srv/shared nfs rw,hard,_netdev 0 0" >>/etc/fstab
        mount /srv/shared
    fi
}

if [ ! -d /tmp/ferry-host ]; then
    echo "no keys and certificates for this host; start the lab with: python -m tests.lab.vagrant_lab up" >&2
    exit 1
fi
install_packages
while read -r mac interface bridge address rate; do
    name_interface "$mac" "$interface"
    configure_interface "$interface" "$bridge" "$address" "$rate"
done <<<"$INTERFACES"
systemctl enable --quiet systemd-networkd
systemctl restart systemd-networkd
/lib/systemd/systemd-networkd-wait-online --timeout=60 --interface=storage
# The host's own files: keys, certificates, names, libvirt's settings.
cp -a --no-preserve=ownership /tmp/ferry-host/. /
chmod 0700 /root /root/.ssh
share_storage
systemctl enable --quiet --now libvirtd-tls.socket
systemctl restart libvirtd ssh
