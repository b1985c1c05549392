#!/usr/bin/python3
"""A fault at each of the applier's messages to and from the kernel.

steps.py FAULT OLD NEW BLOCKED ALLOWED: brings the sets of prefix TS from policy
OLD to NEW with a fault at the first message, then, from OLD again, at the
fourth, and so on; from a policy "new" at the second, the fifth. With TEST_LONG
at every one. Each time the addresses of BLOCKED and ALLOWED must be what
both policies say. Prints how many messages there are.

FAULT kill: the applier is killed there; the next run must bring NEW and leave
nothing behind. rebuild: the same where the old sets have other options, so that
none is changed in place. sendto, recvmsg: that call fails, as when a buffer has
run over, and the applier must get over it by itself. full: another program has
filled the sets up at that moment, which hold no more than these policies need;
gone: it has destroyed what is in no rule, and emptied what may be empty. The
applier gets over it too, or says that it is to be tried later.
Runs inside a network namespace; see 32-ipset-faults.bats.
"""
import ipaddress
import os
import re
import subprocess
import sys

MAXELEM = 16
MEDDLE = {
    "full": "for s in fill.*; do ipset -! restore <$s 2>/dev/null; done",
    "gone": "ipset -q destroy TSallownet6; ipset -q flush TSallowaddr6;"
            " ipset -q create TSblockaddrnew hash:ip; ipset -q destroy TSblocknet6new",
}
APPLY = ["ts-ipset-apply", "--prefix", "TS", "--max-shrink", "100"]


def run(*args, text=None, env=None):
    return subprocess.run(args, input=text, text=True, stdout=subprocess.PIPE, check=False,
                          stderr=subprocess.PIPE, env={**os.environ, **(env or {})})


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
            if any(address in net for net in found.get("TS" + what + kind + six, [])):
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


def write_fill():
    """What fills each set up; the kernel refuses what is too much."""
    for name in ("TSblockaddr", "TSblocknet", "TSblockaddr6", "TSblocknet6"):
        with open("fill." + name, "w") as f:
            for i in range(1, MAXELEM + 1):
                f.write("add %s %s%d\n" % (name, "2001:db8:ffff::" if name[-1] == "6" else "99.9.9.", i))


def begin(old, fault):
    run("ipset", "destroy")
    if run(*APPLY, old).returncode:
        sys.exit("the old policy cannot be applied")
    if fault in ("rebuild", "full"):
        saved = run("ipset", "save").stdout
        if fault == "rebuild":
            saved = re.sub("(?m)^(create .*)$", r"\1 comment", saved)
        else:
            saved = re.sub("maxelem [0-9]+", "maxelem %d" % MAXELEM, saved)
        run("ipset", "destroy")
        run("ipset", "restore", text=saved)


def main(fault, old, new, blocked, allowed):
    kill = fault in ("kill", "rebuild")
    blocked = [ipaddress.ip_address(a) for a in blocked.split()]
    allowed = [ipaddress.ip_address(a) for a in allowed.split()]
    fired = os.path.abspath("fired")
    write_fill()
    call = fault if fault in ("sendto", "recvmsg") else "sendto"
    env = {"INJECT_CALL": call, "INJECT_PROG": "ts-ipset-apply",
           "INJECT_FIRED": fired, "LD_PRELOAD": os.environ["BINDIR"] + "/inject.so"}
    if kill:
        env["INJECT_KILL"] = "1"
    if fault in MEDDLE:
        env["INJECT_RUN"] = "unset LD_PRELOAD; " + MEDDLE[fault]
    said = ""
    first, stride = (1, 1) if os.environ.get("TEST_LONG") else (1 + (old == "new"), 3)
    for step in range(first, 500, stride):
        begin(old, fault)
        if os.path.exists(fired):
            os.unlink(fired)
        done = run(*APPLY, new, env={**env, "INJECT_NTH": str(step)})
        check(step, blocked, allowed)
        said += done.stderr
        if not os.path.exists(fired):
            break
        if done.returncode not in ([-9] if kill else [0, 75] if fault in MEDDLE else [0]):
            sys.exit("step %d: status %d: %s" % (step, done.returncode, done.stderr))
        if (kill or fault in MEDDLE) and run(*APPLY, new).returncode:
            sys.exit("step %d: the next run does not repair" % step)
        if run(*APPLY, "--check", new).returncode:
            sys.exit("step %d: not as wanted" % step)
        if len(check(step, blocked, allowed)) != 8:
            sys.exit("step %d: left behind" % step)
    if done.returncode:
        sys.exit("status %d without a fault" % done.returncode)
    if fault == "full" and "the set is full: once more" not in said:
        sys.exit("no set was ever full")
    print("%d messages" % (step - 1))


main(*sys.argv[1:])
