"""The network of a lab: carries IP packets between hosts, each later, narrower or not at all, as its links say.

usage: switch.py STATE COUNT

Makes the devices port0 to portCOUNT (/dev/net/tun), which lab.sh gives to the hosts' namespaces, and writes STATE/switch.
Host N has the address 10.71.0.(N+1). Its link is in STATE/link-N: delay in ms a way, width in Mbit/s, share of packets that
are lost, and `up` or `cut`; SIGHUP reads the links again. This works where the kernel has no netem; in Python it carries
about half a gigabit a second on one core.
"""

import fcntl
import heapq
import os
import pathlib
import random
import select
import signal
import struct
import sys
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
# What a switch buffers for a link, in seconds of it; a full one drops.
LONGEST_QUEUE = 0.1


class Link:
    def __init__(self, path):
        delay, width, loss, state = path.read_text().split()
        self.delay, self.bytes_per_second = float(delay) / 1000, float(width) * 125_000
        self.loss, self.is_up = float(loss), state == "up"


class Port:
    """A host's link, with the time at which each way of it is free again."""

    def __init__(self, number):
        self.descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(self.descriptor, TUNSETIFF, struct.pack("16sH22x", f"port{number}".encode(), IFF_TUN | IFF_NO_PI))
        self.free = {"from": 0.0, "to": 0.0}
        self.link = None

    def passed(self, way, at, size):
        """When a packet that reaches the link at a time has passed it; None when it is lost."""
        begins = max(at, self.free[way])
        if not self.link.is_up or begins - at > LONGEST_QUEUE or random.random() < self.link.loss:
            return None
        self.free[way] = begins + size / self.link.bytes_per_second
        return self.free[way] + self.link.delay


def main():
    state, count = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    ports = [Port(number) for number in range(count + 1)]

    def read_links(*_):
        for number, port in enumerate(ports):
            port.link = Link(state / f"link-{number}")

    read_links()
    signal.signal(signal.SIGHUP, read_links)
    poll = select.epoll()
    for number, port in enumerate(ports):
        poll.register(port.descriptor, select.EPOLLIN)
    by_descriptor = {port.descriptor: port for port in ports}
    under_way, order = [], 0
    (state / "switch").write_text(f"{os.getpid()}\n")
    while True:
        wait = max(0, under_way[0][0] - time.monotonic()) if under_way else -1
        for descriptor, _ in poll.poll(wait):
            source = by_descriptor[descriptor]
            for _ in range(64):
                try:
                    packet = os.read(descriptor, 65536)
                except OSError:  # no more, or a device that is not up yet
                    break
                # IPv4 within the lab; hosts say other things that no one here answers.
                if packet[0] >> 4 != 4 or packet[16:19] != b"\x0a\x47\x00" or not 1 <= packet[19] <= count + 1:
                    continue
                target, now = ports[packet[19] - 1], time.monotonic()
                due = source.passed("from", now, len(packet))
                due = due and target.passed("to", due, len(packet))
                if due:
                    order += 1
                    heapq.heappush(under_way, (due, order, target, packet))
        while under_way and under_way[0][0] <= time.monotonic():
            _, _, target, packet = heapq.heappop(under_way)
            if target.link.is_up:
                try:
                    os.write(target.descriptor, packet)
                except OSError:  # its device is down
                    pass


main()
