"""Child processes of the tests: each is ended by its own id, whatever happens."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent


def wait_for(condition, seconds=5.0, what="the condition"):
    """Polls until `condition()` is true, and returns what it returned."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true within {seconds} s")
        time.sleep(0.005)


def end(process, seconds=5.0):
    """Ends a child that may still run; kills it when it does not listen."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class ModelServerProcess:
    """A model server in a process of its own, so that it can be killed, and its clock is fair."""

    def __init__(self, name, listen="127.0.0.1:0", **options):
        arguments = [sys.executable, str(HERE / "model_server.py"), "--name", name]
        arguments += ["--listen", listen]
        for option, value in options.items():
            arguments += ["--" + option.replace("_", "-"), str(value)]
        self.name = name
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"model server {name} did not start")
        place = json.loads(line)
        self.address = place["address"]
        self.control = place["control"]

    @property
    def url(self):
        """As a spec names it."""
        return self.address if self.address.startswith("unix:") else f"http://{self.address}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        end(self.process)
        self.process.stdout.close()

    def kill(self):
        """kill -9, as the kernel does when memory is short."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def _ask(self, path, value=None):
        data = None if value is None else json.dumps(value).encode()
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://{self.control}{path}", data, timeout=5) as answer:
            return json.load(answer)

    def stats(self):
        return self._ask("/stats")

    def requests(self):
        """The last requests, oldest first."""
        return self._ask("/requests")

    def last_request(self):
        return self.requests()[-1]

    def order(self, fault, times=1):
        """The next requests go wrong in this way."""
        self._ask("/control", {"orders": [{"fault": fault, "times": times}]})

    def set_options(self, **options):
        self._ask("/control", {"options": options})

    def forget(self):
        self._ask("/control", {"forget": True})
