"""The stand-in for AWS as a program in Python starts it."""
import json
import os
import subprocess
import sys
import time
import urllib.request

SERVER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "server.py")


class Fake:
    """A server of its own in the directory "fake" of where; env is what the tools
    need to find it."""

    def __init__(self, where, **settings):
        self.dir = os.path.join(where, "fake")
        os.mkdir(self.dir)
        os.mkdir(where + "/state")
        with open(self.dir + "/settings", "w", encoding="utf-8") as f:
            json.dump(settings, f)
        self.server = subprocess.Popen(["/usr/bin/python3", SERVER, self.dir, f.name],
                                       stdin=subprocess.DEVNULL)
        while not os.path.exists(self.dir + "/url"):
            if self.server.poll() is not None:
                sys.exit("the stand-in for AWS does not start")
            time.sleep(0.05)
        with open(self.dir + "/url", encoding="utf-8") as f:
            self.url = f.read()
        self.env = {k: v for k, v in os.environ.items()
                    if not k.startswith(("AWS_", "TS_"))}
        self.env.update(AWS_ENDPOINT_URL=self.url, AWS_REGION="us-east-1",
                        AWS_ACCESS_KEY_ID="AKIDTEST", TS_RUNDIR=where + "/run",
                        AWS_SECRET_ACCESS_KEY="secret/test+key", no_proxy="*",
                        TS_STATEDIR=where + "/state")

    def do(self, **request):
        """See Control in server.py."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(self.url + "/_test", json.dumps(request).encode()) as f:
            return json.load(f)

    def calls(self):
        """The calls since this was asked last."""
        with open(self.dir + "/calls", encoding="utf-8") as f:
            found = [json.loads(line) for line in f]
        os.truncate(self.dir + "/calls", 0)
        return found

    def stop(self):
        self.server.kill()
        self.server.wait()
