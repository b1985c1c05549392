#!/usr/bin/python3
"""hold.py SET: begins to read a kernel set and stops in the middle, which keeps
the set from being swapped or destroyed, until standard input ends. The set must
be larger than one message (32 KiB). "holding" is printed once it is so.
"""
import socket
import struct
import sys

NETLINK_NETFILTER, IPSET, LIST, PROTOCOL = 12, 6, 7, 6


def attribute(kind, payload):
    size = 4 + len(payload)
    return struct.pack("=HH", size, kind) + payload + bytes(-size % 4)


def main(name):
    body = struct.pack("=BBH", socket.AF_INET, 0, 0) + attribute(1, bytes([PROTOCOL])) \
        + attribute(2, name.encode() + b"\0")
    request, dump = 1, 0x300
    s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
    s.bind((0, 0))
    s.send(struct.pack("=IHHII", 16 + len(body), IPSET << 8 | LIST, request | dump, 1, 0) + body)
    kind = struct.unpack("=IH", s.recv(65536)[:6])[1]
    if kind != IPSET << 8 | LIST:
        sys.exit("no set of that name: answer of type %d" % kind)
    print("holding", flush=True)
    sys.stdin.read()


main(sys.argv[1])
