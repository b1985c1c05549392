"""OpenStack Swift with its S3 interface on loopback, all of it in this process.

s3server.py DIR: makes one device, rings and configuration under DIR, writes the
endpoint's URL to DIR/url once it listens, and serves until it is killed. Access key
test:tester, secret testing, region us-east-1.
"""
import os
import sys

import eventlet
import eventlet.wsgi

eventlet.patcher.monkey_patch(all=False, socket=True, select=True, thread=True)

from swift.common import utils, wsgi  # noqa: E402
from swift.common.ring import RingBuilder  # noqa: E402

FILTERS = {"catch_errors": "", "gatekeeper": "", "s3api": "min_segment_size = 1",
           "tempauth": "user_test_tester = testing .admin", "bulk": "", "slo": "",
           "versioned_writes": "allow_object_versioning = true", "symlink": ""}


class Cached:
    """In the place of memcached."""

    def __init__(self, app):
        self.app, self.kept = app, {}

    def __call__(self, env, start):
        env["swift.cache"] = self
        return self.app(env, start)

    def get(self, key, *_, **__):
        return self.kept.get(key)

    def set(self, key, value, *_, **__):
        self.kept[key] = value

    def delete(self, key, *_, **__):
        self.kept.pop(key, None)


def configure(where, kind, port):
    filters = list(FILTERS) if kind == "proxy" else []
    path = os.path.join(where, kind + ".conf")
    with open(path, "w", encoding="ascii") as f:
        f.write("[DEFAULT]\nswift_dir = %s\ndevices = %s/devices\nmount_check = false\n"
                "fallocate_reserve = 0\nbind_ip = 127.0.0.1\nbind_port = %d\n"
                "[pipeline:main]\npipeline = %s\n[app:%s-server]\nuse = egg:swift#%s\n"
                "account_autocreate = true\n" % (
                    where, where, port, " ".join(filters + [kind + "-server"]), kind,
                    kind))
        for name in filters:
            f.write("[filter:%s]\nuse = egg:swift#%s\n%s\n" % (name, name, FILTERS[name]))
    return path


def make_ring(where, kind, port):
    ring = RingBuilder(2, 1, 0)
    ring.add_dev({"id": 0, "region": 1, "zone": 1, "ip": "127.0.0.1", "port": port,
                  "device": "d1", "weight": 1})
    ring.rebalance()
    ring.get_ring().save("%s/%s.ring.gz" % (where, kind))


def main():
    where = os.path.abspath(sys.argv[1])
    os.makedirs(where + "/devices/d1")
    with open(where + "/swift.conf", "w", encoding="ascii") as f:
        f.write("[swift-hash]\nswift_hash_path_suffix = tests\n"
                "[storage-policy:0]\nname = one\ndefault = yes\n")
    utils.set_swift_dir(where)
    servers = []
    for kind in ("account", "container", "object", "proxy"):
        sock = eventlet.listen(("127.0.0.1", 0))
        port = sock.getsockname()[1]
        if kind != "proxy":
            make_ring(where, kind, port)
        app = wsgi.loadapp(configure(where, kind, port), global_conf={"log_name": kind})
        servers.append(eventlet.spawn(
            eventlet.wsgi.server, sock, Cached(app), utils.NullLogger(),
            protocol=wsgi.SwiftHttpProtocol, capitalize_response_headers=False))
    with open(where + "/url.new", "w", encoding="ascii") as f:
        f.write("http://127.0.0.1:%d" % port)
    os.rename(where + "/url.new", where + "/url")
    for server in servers:
        server.wait()


main()
