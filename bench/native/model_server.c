// model_server: an OpenAI-compatible server that does nothing, quickly, on loopback.
//
//   model_server -p FIRST_PORT [-n PORTS] [-c CHUNKS] [-i INTERVAL_US] [-d DELAY_US] [-A]
//
// Port FIRST_PORT+k-1 answers as model m<k>. POST of a body with "stream": true is answered with
// CHUNKS server-sent events, each in a write of its own and with the microsecond at which it was
// sent, DELAY_US after the request and INTERVAL_US apart (0: as fast as they go); any other POST
// with a fixed answer of about 600 bytes. -A listens on all of 127.0.0.0/8, on the loopback device.
// GET of /health, /v1/models and the like: what routers ask a server before they use it.
// GET /_watch?on: from now on /_seen tells what the last POST looked like; /_watch?off ends it.
#define _GNU_SOURCE
#include "common.h"

enum { PORTS_MAX = 64, PREFIX_MAX = 4096, WATCHED_MAX = 16 * 1024 * 1024, EVENT_MAX = 512 };

struct connection {
    int fd, port_index, is_streaming, chunks_sent;
    struct message request;
    char prefix[PREFIX_MAX];          // of the body: here the server looks for "stream"
    size_t prefix_length;
    uint64_t body_length;
    uint64_t due;                     // of the next chunk
    struct connection *next;          // in a queue of timers, or among the dead
    int is_queued;
    char *unsent;
    size_t unsent_length, unsent_at;
};

// All waits of one queue have the same length, so that it is sorted by time as it is.
struct queue { struct connection *first, *last; };

static int epoll, first_port, port_count = 1, is_any;
static int chunk_count = 64;
static int64_t interval_us, delay_us;
static struct queue delays, intervals;
static struct connection *dead;
static int is_watching;
static struct {
    char path[256], authorization[256], model[256];
    int port_index;
    uint64_t length;
} seen;
static char *watched;
static size_t watched_length;

static void queue_add(struct queue *q, struct connection *c, uint64_t due) {
    c->due = due;
    c->next = NULL;
    c->is_queued = 1;
    if (q->last) q->last->next = c; else q->first = c;
    q->last = c;
}

static struct connection *queue_take(struct queue *q, uint64_t now) {
    struct connection *c = q->first;
    if (c == NULL || c->due > now) return NULL;
    q->first = c->next;
    if (q->first == NULL) q->last = NULL;
    c->is_queued = 0;
    return c;
}

// A connection in a queue is freed when its time comes.
static void hang_up(struct connection *c) {
    if (c->fd < 0) return;
    close(c->fd);
    c->fd = -1;
    if (!c->is_queued) { c->next = dead; dead = c; }
}

static void free_dead(void) {
    while (dead) {
        struct connection *c = dead;
        dead = c->next;
        free(c->request.head);
        free(c->unsent);
        free(c);
    }
}

static void watch(struct connection *c, int operation, int is_writing) {
    struct epoll_event event = {.events = EPOLLIN | (is_writing ? EPOLLOUT : 0), .data.ptr = c};
    epoll_ctl(epoll, operation, c->fd, &event);
}

// After an answer: the next request may come, unless the client asked for the end.
static void answered(struct connection *c) {
    if (c->fd >= 0 && c->request.is_closing && c->unsent_length == 0) hang_up(c);
}

// MARK: answers

// Returns 1 when all is out; what is not is kept and sent when the socket takes it.
static int put(struct connection *c, const char *bytes, size_t length) {
    ssize_t n = send(c->fd, bytes, length, 0);
    if (n < 0 && errno != EAGAIN) { hang_up(c); return 0; }
    if (n < 0) n = 0;
    if ((size_t)n == length) return 1;
    c->unsent_length = length - (size_t)n;
    c->unsent_at = 0;
    free(c->unsent);
    c->unsent = need(malloc(c->unsent_length));
    memcpy(c->unsent, bytes + n, c->unsent_length);
    watch(c, EPOLL_CTL_MOD, 1);
    return 0;
}

static void answer(struct connection *c, int status, const char *body) {
    static char text[4096];
    int length = snprintf(text, sizeof text,
                          "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\n"
                          "Content-Length: %zu\r\n\r\n%s",
                          status, status == 200 ? "OK" : "Not Found", strlen(body), body);
    put(c, text, (size_t)length);
}

static void answer_chat(struct connection *c) {
    static char texts[PORTS_MAX][2048];
    char *text = texts[c->port_index];
    if (!*text) snprintf(
        text, sizeof texts[0],
        "{\"id\":\"chatcmpl-%d\",\"object\":\"chat.completion\",\"created\":1764000000,"
        "\"model\":\"m%d\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
        "\"content\":\"A fixed answer makes equal work for every router: it reads these bytes from "
        "one socket and writes them to another. The text is as long as a short reply of a small "
        "model, so that it fills part of a packet and no more, and it never changes from one "
        "request to the next.\"},"
        "\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":200,"
        "\"completion_tokens\":64,\"total_tokens\":264},\"system_fingerprint\":\"fp_fixed\"}",
        first_port + c->port_index, c->port_index + 1);
    answer(c, 200, text);
}

static void send_chunk(struct connection *c) {
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                               "Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n";
    static const char done[] = "e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n";
    char event[EVENT_MAX], text[EVENT_MAX + 512];
    int is_first = c->chunks_sent == 0, is_last = ++c->chunks_sent == chunk_count;
    int length = snprintf(
        event, sizeof event,
        "data: {\"id\":\"chatcmpl-%d\",\"object\":\"chat.completion.chunk\","
        "\"created\":1764000000,\"model\":\"m%d\",\"choices\":[{\"index\":0,\"delta\":"
        "{\"content\":\" token @us:%016lu\"},\"finish_reason\":%s}]}\n\n",
        first_port + c->port_index, c->port_index + 1, now_us(), is_last ? "\"stop\"" : "null");
    int all = snprintf(text, sizeof text, "%s%x\r\n%s\r\n%s", is_first ? head : "", length, event,
                       is_last ? done : "");
    if (is_last) c->is_streaming = 0;
    put(c, text, (size_t)all);
}

// Sends chunks until the next one has to wait, for its time or for the socket.
static void stream(struct connection *c) {
    while (c->is_streaming && c->fd >= 0) {
        send_chunk(c);
        if (c->unsent_length || c->fd < 0) return;
        if (!c->is_streaming) { answered(c); return; }
        if (interval_us) { queue_add(&intervals, c, c->due + (uint64_t)interval_us); return; }
    }
}

static void begin_stream(struct connection *c) {
    c->is_streaming = 1;
    c->chunks_sent = 0;
    c->due = now_us();
    if (delay_us) queue_add(&delays, c, c->due + (uint64_t)delay_us);
    else stream(c);
}

// MARK: requests

static void text_after(const char *text, size_t size, const char *key, char *out, size_t room) {
    *out = 0;
    const char *end = text + size, *at = memmem(text, size, key, strlen(key));
    if (at == NULL) return;
    at += strlen(key);
    while (at < end && (*at == ' ' || *at == ':')) at++;
    if (at < end && *at == '"') at++;
    const char *stop = memchr(at, '"', (size_t)(end - at));
    if (stop) snprintf(out, room, "%.*s", (int)(stop - at), at);
}

static int wants_stream(const struct connection *c) {
    const char *at = memmem(c->prefix, c->prefix_length, "\"stream\"", 8);
    if (at == NULL) return 0;
    size_t left = c->prefix_length - (size_t)(at + 8 - c->prefix);
    return memmem(at + 8, left < 8 ? left : 8, "true", 4) != NULL;
}

static void note(struct connection *c, const char *path, int length) {
    int size;
    const char *value = field(&c->request, "authorization", &size);
    snprintf(seen.path, sizeof seen.path, "%.*s", length, path);
    snprintf(seen.authorization, sizeof seen.authorization, "%.*s", value ? size : 0,
             value ? value : "");
    text_after(watched, watched_length, "\"model\"", seen.model, sizeof seen.model);
    seen.port_index = c->port_index;
    seen.length = c->body_length;
}

static void get(struct connection *c, const char *path, int length) {
    static const char *const known[] = {
        "/health", "/v1/health", "/liveness", "/readiness", "/health_generate", "/version",
        "/v1/models", "/get_model_info", "/model_info", "/get_server_info", "/server_info"};
    char text[2048];
    if (length >= 7 && !memcmp(path, "/_watch", 7)) {
        is_watching = length >= 10 && !memcmp(path + 7, "?on", 3);
        memset(&seen, 0, sizeof seen);
        if (watched == NULL) watched = need(malloc(WATCHED_MAX));
        answer(c, 200, "{}");
        return;
    }
    if (length == 6 && !memcmp(path, "/_seen", 6)) {
        snprintf(text, sizeof text,
                 "{\"path\":\"%s\",\"authorization\":\"%s\",\"model\":\"%s\",\"server\":\"m%d\","
                 "\"length\":%lu}",
                 seen.path, seen.authorization, seen.model, seen.port_index + 1, seen.length);
        answer(c, 200, text);
        return;
    }
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if ((int)strlen(known[i]) != length || memcmp(known[i], path, (size_t)length)) continue;
        snprintf(text, sizeof text,
                 "{\"status\":\"ok\",\"object\":\"list\",\"data\":[{\"id\":\"m%d\","
                 "\"object\":\"model\",\"created\":1764000000,\"owned_by\":\"bench\"}],"
                 "\"model_path\":\"m%d\",\"served_model_name\":\"m%d\",\"is_generation\":true,"
                 "\"version\":\"0\",\"tp_size\":1,\"dp_size\":1}",
                 c->port_index + 1, c->port_index + 1, c->port_index + 1);
        answer(c, 200, text);
        return;
    }
    answer(c, 404, "{\"error\":{\"message\":\"no such path\",\"code\":404}}");
}

static void request_complete(struct connection *c) {
    const char *path = strchr(c->request.head, ' ');
    const char *end = path ? strchr(path + 1, ' ') : NULL;
    if (end == NULL) { hang_up(c); return; }
    int length = (int)(end - ++path), is_post = !strncmp(c->request.head, "POST", 4);
    if (is_post && is_watching) note(c, path, length);
    if (!is_post) get(c, path, length);
    else if (wants_stream(c)) begin_stream(c);
    else answer_chat(c);
    if (!c->is_streaming) answered(c);
    if (c->fd < 0) return;
    int is_closing = c->request.is_closing;
    message_start(&c->request);
    c->request.is_closing = is_closing;
    c->prefix_length = c->body_length = watched_length = 0;
}

static void take_body(struct connection *c, const char *body, size_t length) {
    c->body_length += length;
    size_t room = PREFIX_MAX - c->prefix_length, part = length < room ? length : room;
    memcpy(c->prefix + c->prefix_length, body, part);
    c->prefix_length += part;
    if (is_watching && watched_length + length <= WATCHED_MAX) {
        memcpy(watched + watched_length, body, length);
        watched_length += length;
    }
}

static void readable(struct connection *c) {
    static char buffer[512 * 1024];
    ssize_t n = recv(c->fd, buffer, sizeof buffer, 0);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) { hang_up(c); return; }
    for (ssize_t at = 0; at < n && c->fd >= 0; ) {
        const char *body;
        size_t length;
        ssize_t used = message_read(&c->request, buffer + at, (size_t)(n - at), 0, &body, &length);
        if (used < 0) { hang_up(c); return; }
        if (length) take_body(c, body, length);
        at += used;
        if (c->request.phase == DONE) request_complete(c);
    }
}

static void writable(struct connection *c) {
    ssize_t n = send(c->fd, c->unsent + c->unsent_at, c->unsent_length, 0);
    if (n < 0 && errno != EAGAIN) { hang_up(c); return; }
    if (n > 0) { c->unsent_at += (size_t)n; c->unsent_length -= (size_t)n; }
    if (c->unsent_length) return;
    watch(c, EPOLL_CTL_MOD, 0);
    if (!c->is_streaming) { answered(c); return; }
    if (interval_us) queue_add(&intervals, c, now_us() + (uint64_t)interval_us);
    else stream(c);
}

// MARK: the loop

static void accept_some(int listener, int port_index) {
    for (int i = 0; i < 256; i++) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
        if (fd < 0) return;
        no_delay(fd);
        struct connection *c = need(calloc(1, sizeof *c));
        c->fd = fd;
        c->port_index = port_index;
        message_start(&c->request);
        watch(c, EPOLL_CTL_ADD, 0);
    }
}

static int listen_on(int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(is_any ? INADDR_ANY : INADDR_LOOPBACK);
    if (is_any && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3)) die("bind to device lo");
    if (bind(fd, (void *)&address, sizeof address) || listen(fd, 16384)) die("port %d", port);
    return fd;
}

static void run_due(struct queue *q, uint64_t now) {
    for (struct connection *c; (c = queue_take(q, now)); ) {
        if (c->fd >= 0) stream(c);
        else { c->next = dead; dead = c; }
    }
}

static int64_t until_due(uint64_t now) {
    uint64_t due = UINT64_MAX;
    if (delays.first) due = delays.first->due;
    if (intervals.first && intervals.first->due < due) due = intervals.first->due;
    if (due == UINT64_MAX) return -1;
    return due > now ? (int64_t)(due - now) : 0;
}

static void run(void) {
    static struct connection listeners[PORTS_MAX];
    static struct epoll_event events[1024];
    epoll = epoll_create1(0);
    for (int i = 0; i < port_count; i++) {
        listeners[i] = (struct connection){.fd = listen_on(first_port + i), .port_index = i};
        watch(&listeners[i], EPOLL_CTL_ADD, 0);
    }
    for (;;) {
        int n = wait_events(epoll, events, 1024, until_due(now_us()));
        for (int i = 0; i < n; i++) {
            struct connection *c = events[i].data.ptr;
            if (c >= listeners && c < listeners + PORTS_MAX) accept_some(c->fd, c->port_index);
            else if (c->fd >= 0) {
                if (events[i].events & EPOLLOUT) writable(c);
                if (c->fd >= 0 && events[i].events & ~(uint32_t)EPOLLOUT) readable(c);
            }
        }
        uint64_t now = now_us();
        run_due(&delays, now);
        run_due(&intervals, now);
        free_dead();
    }
}

int main(int argc, char **argv) {
    for (int option; (option = getopt(argc, argv, "p:n:c:i:d:A")) > 0; ) switch (option) {
        case 'p': first_port = atoi(optarg); break;
        case 'n': port_count = atoi(optarg); break;
        case 'c': chunk_count = atoi(optarg); break;
        case 'i': interval_us = atol(optarg); break;
        case 'd': delay_us = atol(optarg); break;
        case 'A': is_any = 1; break;
        default: return 2;
    }
    if (first_port == 0 || port_count < 1 || port_count > PORTS_MAX || chunk_count < 1) {
        fprintf(stderr, "model_server: needed is -p PORT; -n is 1 to %d, -c 1 or more\n",
                PORTS_MAX);
        return 2;
    }
    prepare_process();
    run();
}
