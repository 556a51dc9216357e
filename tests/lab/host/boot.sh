#!/bin/sh
# Turns fresh mount, UTS, IPC and PID namespaces into a host. Runs as process 1 of the host, and becomes its tini.
# Arguments: HOSTNAME LOWER UPPER WORK ROOT SHARED BOOT_ID
set -eu
hostname=$1 lower=$2 upper=$3 work=$4 root=$5 shared=$6 boot_id=$7

mount --make-rprivate /
mount -t overlay overlay -o "lowerdir=$lower,upperdir=$upper,workdir=$work" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t tmpfs -o mode=0755 run "$root/run"
mount --bind "$shared" "$root/srv/shared"

# A /dev of its own, without /dev/kvm: one that opens but runs nothing costs libvirtd minutes of probing.
mount -t tmpfs -o mode=0755 dev "$root/dev"
mkdir "$root/dev/pts" "$root/dev/shm" "$root/dev/net"
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777 shm "$root/dev/shm"
while read -r name major minor; do
    mknod -m 0666 "$root/dev/$name" c "$major" "$minor"
done <<NODES
null 1 3
zero 1 5
full 1 7
random 1 8
urandom 1 9
tty 5 0
net/tun 10 200
NODES
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
ln -s /proc/self/fd/0 "$root/dev/stdin"
ln -s /proc/self/fd/1 "$root/dev/stdout"
ln -s /proc/self/fd/2 "$root/dev/stderr"
# userfaultfd has a device since Linux 6.1; post-copy wants it where it exists.
minor=$(sed -n 's/^ *\([0-9]*\) userfaultfd$/\1/p' /proc/misc)
[ -z "$minor" ] || mknod -m 0666 "$root/dev/userfaultfd" c 10 "$minor"

# All hosts share one kernel, but no two machines ever share a boot.
mount --bind "$boot_id" "$root/proc/sys/kernel/random/boot_id"
hostname "$hostname"

cd "$root"
mkdir -p mnt
pivot_root . mnt
cd /
umount -l /mnt
# tini reaps: a dead QEMU that stays a zombie would make every migration wait 40 seconds for it to go away.
exec /usr/bin/tini -- /usr/lib/ferry-lab/services
