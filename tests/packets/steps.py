#!/usr/bin/python3
"""A fault at each of the applier's messages to and from the kernel.

steps.py FAULT OLD NEW BLOCKED ALLOWED: brings the sets of prefix TS from policy
OLD to NEW with a fault at the first message, then, from OLD again, at the
second, and so on. Each time the addresses of BLOCKED and ALLOWED must be what
both policies say. Prints how many messages there are.

FAULT kill: the applier is killed there; the next run must bring NEW and leave
nothing behind. rebuild: the same where the old sets have other options, so that
none is changed in place. sendto, recvmsg: that call fails, as when a buffer has
run over, and the applier must get over it by itself.
Runs inside a network namespace; see 32-ipset-faults.bats.
"""
import ipaddress
import os
import subprocess
import sys

APPLY = ["ts-ipset-apply", "-q", "--prefix", "TS", "--max-shrink", "100"]


def run(*args, text=None, env=None):
    return subprocess.run(args, input=text, text=True, stdout=subprocess.PIPE, check=False,
                          env={**os.environ, **(env or {})})


def sets():
    """What `ipset save` shows: name to networks."""
    found = {}
    for line in run("ipset", "save").stdout.splitlines():
        word = line.split()
        if word[0] == "create":
            found[word[1]] = []
        else:
            found[word[1]].append(ipaddress.ip_network(word[2]))
    return found


def verdict(found, address):
    """What the rules of ts-iptables make of it."""
    six = "6" if address.version == 6 else ""
    for what in ("allow", "block"):
        for kind in ("addr", "net"):
            if any(address in net for net in found["TS" + what + kind + six]):
                return what
    return "none"


def check(step, blocked, allowed):
    found = sets()
    for a in blocked:
        if verdict(found, a) != "block":
            sys.exit("step %d: %s is not blocked" % (step, a))
    for a in allowed:
        if verdict(found, a) == "block":
            sys.exit("step %d: %s is blocked" % (step, a))
    return found


def begin(old, rebuild):
    run("ipset", "destroy")
    if run(*APPLY, old).returncode:
        sys.exit("the old policy cannot be applied")
    if rebuild:
        saved = run("ipset", "save").stdout.splitlines()
        run("ipset", "destroy")
        run("ipset", "restore", text="".join(
            x + (" comment\n" if x.startswith("create") else "\n") for x in saved))


def main(fault, old, new, blocked, allowed):
    kill = fault in ("kill", "rebuild")
    blocked = [ipaddress.ip_address(a) for a in blocked.split()]
    allowed = [ipaddress.ip_address(a) for a in allowed.split()]
    fired = os.path.abspath("fired")
    env = {"INJECT_CALL": "sendto" if kill else fault, "INJECT_PROG": "ts-ipset-apply",
           "INJECT_FIRED": fired, "LD_PRELOAD": os.environ["BINDIR"] + "/inject.so"}
    if kill:
        env["INJECT_KILL"] = "1"
    for step in range(1, 500):
        begin(old, fault == "rebuild")
        if os.path.exists(fired):
            os.unlink(fired)
        done = run(*APPLY, new, env={**env, "INJECT_NTH": str(step)})
        check(step, blocked, allowed)
        if not os.path.exists(fired):
            break
        if done.returncode != (-9 if kill else 0):
            sys.exit("step %d: status %d" % (step, done.returncode))
        if kill and run(*APPLY, new).returncode:
            sys.exit("step %d: the next run does not repair" % step)
        if run(*APPLY, "--check", new).returncode:
            sys.exit("step %d: not as wanted" % step)
        if len(check(step, blocked, allowed)) != 8:
            sys.exit("step %d: left behind" % step)
    if done.returncode:
        sys.exit("status %d without a fault" % done.returncode)
    print("%d messages" % (step - 1))


main(*sys.argv[1:])
