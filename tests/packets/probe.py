#!/usr/bin/python3
"""UDP packets whose arrival says whether an address is let through.

probe.py listen PORT            prints "SRC TEXT" for what arrives
probe.py send DST PORT (SRC TEXT)…   SRC "-" leaves the source to the kernel
probe.py flood DST PORT SRC TEXT     until killed; "flooding" when under way

Packets of one path keep their order: when a later one has arrived and an
earlier one has not, that one was dropped. No verdict needs to wait.
"""
import socket
import sys


def sender(dst, src):
    s = socket.socket(socket.AF_INET6 if ":" in dst else socket.AF_INET,
                      socket.SOCK_DGRAM)
    if src != "-":
        s.bind((src, 0))
    return s


def main(args):
    if args[0] == "listen":
        s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        s.bind(("::", int(args[1])))
        print("listening", flush=True)
        while True:
            text, addr = s.recvfrom(2048)
            print(addr[0].removeprefix("::ffff:"), text.decode(), flush=True)
    dst, port = args[1], int(args[2])
    for i in range(3, len(args), 2):
        s = sender(dst, args[i])
        text = args[i + 1].encode()
        if args[0] == "flood":
            print("flooding", flush=True)
        while True:
            try:
                s.sendto(text, (dst, port))
            except PermissionError:  # dropped on the way out
                pass
            if args[0] == "send":
                break


main(sys.argv[1:])
