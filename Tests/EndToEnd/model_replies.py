"""What a model server that behaves answers: OpenAI's shapes, and an echo of anything else."""

import http
import json
import time


def reason(status):
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "Status"


class Stream:
    """Server-sent events of a chat completion."""

    def __init__(self, name, body):
        self.name = name
        self.model = body.get("model")
        self.count = int(body.get("events", 5))
        self.interval_seconds = float(body.get("interval_ms", 5)) / 1000
        self.pad = "x" * int(body.get("event_bytes", 0))

    def events(self):
        for index in range(self.count):
            yield self.event(index, {"content": f"{index} {self.pad}"}, None)
        yield self.event(self.count, {}, "stop")
        yield b"data: [DONE]\n\n"

    def event(self, index, delta, finish_reason):
        chunk = {
            "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1700000000,
            "model": self.model, "served_by": self.name, "index": index,
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}],
            "sent_ns": time.monotonic_ns(),
        }
        return b"data: %s\n\n" % json.dumps(chunk).encode()


class Reply:
    def __init__(self, status, value=None, fields=(), stream=None):
        self.status = status
        self.body = b"" if value is None else json.dumps(value).encode()
        self.fields = [("content-type", "application/json"), *fields]
        self.stream = stream


USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}


def chat(name, request):
    body = request.json
    if body.get("stream"):
        return Reply(200, stream=Stream(name, body))
    message = {"role": "assistant", "content": f"hello from {name}"}
    return Reply(200, {
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1700000000,
        "model": body.get("model"), "usage": USAGE,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
    })


def completions(name, request):
    return Reply(200, {
        "id": "cmpl-1", "object": "text_completion", "created": 1700000000,
        "model": request.json.get("model"), "usage": USAGE,
        "choices": [{"index": 0, "text": f"hello from {name}", "finish_reason": "stop"}],
    })


def embeddings(name, request):
    inputs = request.json.get("input", "")
    count = len(inputs) if isinstance(inputs, list) else 1
    return Reply(200, {
        "object": "list", "model": request.json.get("model"),
        "usage": {"prompt_tokens": 3, "total_tokens": 3},
        "data": [{"object": "embedding", "index": index, "embedding": [0.25, -0.5, 1.0]}
                 for index in range(count)],
    })


def models(name, request):
    return Reply(200, {"object": "list", "data": [
        {"id": f"{name}-model", "object": "model", "created": 1700000000, "owned_by": name}]})


def echo(name, request):
    return Reply(200, {
        "served_by": name, "method": request.method, "target": request.target,
        "fields": request.fields, "body": request.body.decode("latin-1"),
    })


ROUTES = {
    "/chat/completions": chat,
    "/completions": completions,
    "/embeddings": embeddings,
    "/models": models,
}


def reply(name, request):
    """By the end of the path, so that any base path works; what is not known is echoed."""
    for suffix, make in ROUTES.items():
        if request.path.endswith(suffix) and not request.path.endswith("/echo" + suffix):
            return make(name, request)
    return echo(name, request)
