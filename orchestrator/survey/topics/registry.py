"""The sections of the script for a host, by topic; the clock is read around the script instead."""

from collections.abc import Mapping

from orchestrator.model.topic import Topic
from orchestrator.survey.topics import (
    certificates,
    daemon,
    devices,
    interfaces,
    kernel,
    leftovers,
    listening,
    load,
    owners,
    processor,
    rdma,
    shutdown,
)
from orchestrator.survey.topics.section import Section

SECTIONS: Mapping[Topic, Section] = {
    Topic.KERNEL: kernel.SECTION,
    Topic.PROCESSOR: processor.SECTION,
    Topic.INTERFACES: interfaces.SECTION,
    Topic.DAEMON: daemon.SECTION,
    Topic.OWNERS: owners.SECTION,
    Topic.LOAD: load.SECTION,
    Topic.RDMA: rdma.SECTION,
    Topic.DEVICES: devices.SECTION,
    Topic.CERTIFICATES: certificates.SECTION,
    Topic.SHUTDOWN: shutdown.SECTION,
    Topic.LISTENING: listening.SECTION,
    Topic.LEFTOVERS: leftovers.SECTION,
}
