"""The lab: several real libvirt hosts on one machine, for the demo, the tests and anyone who wants to look."""
