#!/usr/bin/python3
"""Runs a command once for each call of one name that it makes, with that one failing.

each.py CALL COMMAND [ARGUMENT...]: see inject_each in tests/helper.bash, which
starts it. It works on copies of this directory in .fault under BATS_TEST_TMPDIR.
"""
import os
import shutil
import subprocess
import sys

MOST = 2000
# Under a sanitizer a start takes ten times as long, and what is looked for is
# another fault on the same path: beyond FIRST calls one in STRIDE stands for all.
FIRST, STRIDE = 10, 7


class Wrong(Exception):
    pass


def snapshot(top):
    """path: content of every file; None of a directory."""
    found = {}
    for where, dirs, files in os.walk(top):
        for name in dirs:
            found[os.path.relpath(os.path.join(where, name), top)] = None
        for name in files:
            path = os.path.join(where, name)
            with open(path, "rb") as f:
                found[os.path.relpath(path, top)] = f.read()
    return found


class Faults:
    def __init__(self, call, command):
        self.call, self.command = call, command
        self.dir = os.path.join(os.environ["BATS_TEST_TMPDIR"], ".fault")
        self.env = dict(os.environ, INJECT_CALL=call, INJECT_FIRED=self.dir + "/fired",
                        LD_PRELOAD=os.environ["BINDIR"] + "/inject.so")
        self.env.setdefault("INJECT_PROG", os.path.basename(command[0]))

    def prepare(self):
        shutil.rmtree(self.dir, ignore_errors=True)
        shutil.copytree(".", self.dir + "/before", symlinks=True,
                        ignore=shutil.ignore_patterns(".fault"))
        open(self.dir + "/before/in", "ab").close()
        self.before = snapshot(self.dir + "/before")

    def run(self, nth):
        """Status, outputs and files after the call nth has failed, and whether it did."""
        tried, fired = self.dir + "/try", self.env["INJECT_FIRED"]
        shutil.rmtree(tried, ignore_errors=True)
        if os.path.exists(fired):
            os.unlink(fired)
        shutil.copytree(self.dir + "/before", tried, symlinks=True)
        with open(tried + "/in", "rb") as stdin:
            try:
                done = subprocess.run(
                    self.command, stdin=stdin, stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE, cwd=tried,
                    env=dict(self.env, INJECT_NTH=str(nth)),
                    timeout=float(os.environ.get("TS_TIMEOUT", "20")))
            except subprocess.TimeoutExpired:
                raise Wrong("does not end") from None
            except OSError as why:
                raise Wrong("cannot be run: %s" % why) from None
        self.err = done.stderr
        return (done.returncode, done.stdout, snapshot(tried)), os.path.exists(fired)

    def judge(self, status, out, files):
        if status == 0:
            if (out, files) != self.good:
                raise Wrong("says nothing, and does not do what it does without a fault")
            return
        if not 64 <= status <= 78 or not self.err:
            raise Wrong("no exit code of ours, or no message: %d" % status)
        if not self.good[0].startswith(out):
            raise Wrong("prints what is not the beginning of the right output")
        for path, content in files.items():
            if content is not None and content not in (
                    self.before.get(path), self.good[1].get(path)):
                raise Wrong("left behind: " + path)
        if set(files) not in (set(self.before), set(self.good[1])):
            raise Wrong("neither the files of before nor those of after: %s" %
                        sorted(set(files) ^ set(self.before)))

    def each(self, sanitized):
        self.prepare()
        try:
            (status, *good), _ = self.run(0)
        except Wrong as why:
            raise Wrong("fails without a fault: %s" % why) from None
        if status != 0:
            raise Wrong("fails without a fault: %d" % status)
        self.good = tuple(good)
        for nth in range(1, MOST):
            if sanitized and nth > FIRST and nth % STRIDE:
                continue
            try:
                outcome, fired = self.run(nth)
                if not fired:
                    break
                self.judge(*outcome)
            except Wrong as why:
                raise Wrong("%s %d fails: %s" % (self.call, nth, why)) from None
        if nth in (1, MOST - 1):
            raise Wrong("%s is never called, or without end" % self.call)


def main():
    faults = Faults(sys.argv[1], sys.argv[2:])
    with open(shutil.which(faults.command[0]) or "/dev/null", "rb") as f:
        sanitized = b"__asan_init" in f.read()
    if sanitized and "alloc" in faults.call:
        print("# %s belongs to the sanitizer here" % faults.call)
        return
    try:
        faults.each(sanitized)
    except Wrong as why:
        print("%s: %s" % (" ".join(faults.command), why))
        sys.stdout.flush()
        sys.stdout.buffer.write(getattr(faults, "err", b"")[:2000])
        sys.exit(1)


main()
