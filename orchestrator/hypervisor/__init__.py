"""The only door to libvirt: what a host knows of its guests, and the few things that may be done to them."""

import os

# libvirt's own library writes warnings on stderr, in the middle of what ferry shows; whatever they say also comes back
# as an error. It reads the variable when it is loaded.
os.environ.setdefault("LIBVIRT_DEBUG", "error")
