"""The only door to libvirt: what a host knows of its guests, and the few things that may be done to them."""
