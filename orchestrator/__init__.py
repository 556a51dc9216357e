"""ferry: live migration of QEMU/KVM guests between plain libvirt hosts."""

__version__ = "0.1.0"
