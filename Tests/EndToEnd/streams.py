"""Streams that are read side by side, each by a thread of its own."""

import threading
import time

from raw_http import RawClient, Truncated, post
from specs import CHAT, stream


class StreamReader(threading.Thread):
    """Reads one stream from its first byte to its last, and remembers what it saw."""

    def __init__(self, address, key=None, **body):
        super().__init__(daemon=True)
        self.client = RawClient(address, timeout=30)
        self.request = post(CHAT, stream(**body), key)
        self.indices = []
        self.delays_ns = []
        self.served_by = None
        self.is_done = False
        # The error object of a stream that broke off and said why.
        self.last_words = None
        self.error = None

    def run(self):
        try:
            with self.client as client:
                head = client.send(self.request).read_head()
                assert head.status == 200, f"status {head.status}"
                self.served_by = head.field("x-model-server")
                while (event := client.read_event()) is not None:
                    if event == b"[DONE]":
                        self.is_done = True
                    elif "error" in event:
                        self.last_words = event["error"]
                    else:
                        self.indices.append(event["index"])
                        self.delays_ns.append(time.monotonic_ns() - event["sent_ns"])
        except (Truncated, OSError, AssertionError, ValueError) as error:
            self.error = error

    def is_whole(self, count):
        """Whether every event came, in order, and the stream ended as it should."""
        return (self.error is None and self.is_done
                and self.indices == list(range(count + 1)))


def start_all(readers):
    for reader in readers:
        reader.start()
    return readers


def join_all(readers, seconds):
    deadline = time.monotonic() + seconds
    for reader in readers:
        reader.join(max(deadline - time.monotonic(), 0))
        assert not reader.is_alive(), "a stream did not end"
    return readers


def assert_whole(readers, count):
    broken = [(reader.error, len(reader.indices), reader.is_done)
              for reader in readers if not reader.is_whole(count)]
    assert not broken, f"{len(broken)} of {len(readers)} streams broke: {broken[:5]}"
