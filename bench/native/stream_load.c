// stream_load: keeps C streams open and measures when their chunks come. The server writes the
// microsecond at which it sent a chunk into the chunk's text (@us:0000000000000000, CLOCK_MONOTONIC
// of the same machine), so the delay on the way is known for each.
//
//   stream_load -p PORT -f REQUESTS -c STREAMS [-t SECONDS] [-n PER_CONNECTION] [-g PER_MS] [-H]
//
// -t  start no stream after so many seconds
// -n  streams one after the other on a connection (0: no end)
// -g  connections opened per millisecond
// -H  hold: says {"open":N} on standard output once every stream has had its first chunk, and then
//     waits for the end of standard input
// Prints one line of JSON; times in microseconds.
#define _GNU_SOURCE
#include "common.h"

struct connection {
    int fd, is_connected, is_open, streams;
    uint32_t request, written;
    uint64_t began, chunks;
    int matched;                    // how much of the mark has been seen
    uint64_t stamp;
    struct message answer;
};

static struct requests requests;
static int epoll, port, count = 100, per_connection, per_ms = 2, is_holding;
static double seconds = 60;
static struct connection *connections;
static int made, finished, with_first_chunk;
static uint64_t started, ends, completed, failed, not_200, chunks, bytes;
static struct samples first_chunk, later_chunks, time_to_first, whole;

static void watch(struct connection *c, int operation, int is_writing) {
    struct epoll_event event = {.events = EPOLLIN | (is_writing ? EPOLLOUT : 0), .data.ptr = c};
    epoll_ctl(epoll, operation, c->fd, &event);
}

static void finish(struct connection *c, int is_failed) {
    if (is_failed) failed++;
    close(c->fd);
    c->fd = -1;
    finished++;
}

static void write_request(struct connection *c) {
    ssize_t n = send(c->fd, requests.bytes[c->request] + c->written,
                     requests.lengths[c->request] - c->written, 0);
    if (n < 0 && errno != EAGAIN) { finish(c, 1); return; }
    if (n > 0) c->written += (uint32_t)n;
    watch(c, EPOLL_CTL_MOD, c->written < requests.lengths[c->request]);
}

static void begin(struct connection *c) {
    c->request = (uint32_t)((uint64_t)(c - connections) % requests.count);
    c->written = 0;
    c->chunks = 0;
    c->began = now_us();
    message_start(&c->answer);
    write_request(c);
}

static void chunk_seen(struct connection *c, uint64_t now) {
    uint64_t delay = now > c->stamp ? now - c->stamp : 0;
    chunks++;
    if (c->chunks++ == 0) {
        sample(&first_chunk, delay);
        sample(&time_to_first, now - c->began);
        if (c->streams == 0 && ++with_first_chunk == count && is_holding) {
            printf("{\"open\":%d}\n", with_first_chunk);
            fflush(stdout);
        }
    } else {
        sample(&later_chunks, delay);
    }
}

// Finds `@us:` and its 16 digits wherever the reads cut the text.
static void scan(struct connection *c, const char *text, size_t length, uint64_t now) {
    static const char mark[] = "@us:";
    enum { MARK = sizeof mark - 1, DIGITS = 16 };
    for (size_t i = 0; i < length; i++) {
        if (c->matched >= MARK) {
            c->stamp = c->stamp * 10 + (uint64_t)(text[i] - '0');
            if (++c->matched == MARK + DIGITS) { chunk_seen(c, now); c->matched = 0; }
        } else if (c->matched == 0) {
            const char *next = memchr(text + i, mark[0], length - i);
            if (next == NULL) return;
            i = (size_t)(next - text);
            c->matched = 1;
        } else if (text[i] == mark[c->matched]) {
            if (++c->matched == MARK) c->stamp = 0;
        } else {
            c->matched = text[i] == mark[0];
        }
    }
}

// One stream is over: another on the same connection, or none.
static void stream_ended(struct connection *c, uint64_t now) {
    completed++;
    c->streams++;
    sample(&whole, now - c->began);
    if (c->answer.status != 200) not_200++;
    int is_last = per_connection > 0 && c->streams >= per_connection;
    if (is_last || now >= ends || c->answer.is_closing) finish(c, 0);
    else begin(c);
}

static void readable(struct connection *c) {
    static char buffer[256 * 1024];
    for (;;) {
        ssize_t n = recv(c->fd, buffer, sizeof buffer, 0);
        if (n < 0 && errno == EAGAIN) return;
        uint64_t now = now_us();
        if (n <= 0) {
            if (n == 0 && c->answer.is_until_close) stream_ended(c, now);
            else finish(c, 1);
            return;
        }
        bytes += (uint64_t)n;
        for (ssize_t at = 0; at < n && c->answer.phase != DONE; ) {
            const char *body;
            size_t length, left = (size_t)(n - at);
            ssize_t used = message_read(&c->answer, buffer + at, left, 1, &body, &length);
            if (used < 0) { finish(c, 1); return; }
            if (length) scan(c, body, length, now);
            at += used;
        }
        if (c->answer.phase == DONE) { stream_ended(c, now); return; }
        if (n < (ssize_t)sizeof buffer) return;
    }
}

static void handle(struct connection *c, uint32_t events) {
    if (c->fd < 0) return;
    if (!c->is_connected) {
        int error = 0;
        socklen_t size = sizeof error;
        getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error || events & EPOLLHUP) { finish(c, 1); return; }
        c->is_connected = 1;
        begin(c);
        return;
    }
    if (events & EPOLLOUT) write_request(c);
    if (c->fd >= 0 && events & (EPOLLIN | EPOLLERR | EPOLLHUP)) readable(c);
}

static void open_some(uint64_t now) {
    uint64_t wanted = (now - started) / 1000 * (uint64_t)per_ms + 1;
    for (; made < count && (uint64_t)made < wanted; made++) {
        struct connection *c = &connections[made];
        c->fd = connect_loopback(port, (unsigned)made);
        if (c->fd < 0) { failed++; finished++; continue; }
        watch(c, EPOLL_CTL_ADD, 1);
    }
}

static void run(void) {
    static struct epoll_event events[512];
    struct epoll_event input = {.events = EPOLLIN, .data.ptr = NULL};
    if (is_holding) epoll_ctl(epoll, EPOLL_CTL_ADD, 0, &input);
    started = now_us();
    ends = started + (uint64_t)(seconds * 1e6);
    uint64_t gives_up = ends + 10000000;
    while (finished < count) {
        uint64_t now = now_us();
        if (now > gives_up && !is_holding) break;
        open_some(now);
        int n = wait_events(epoll, events, 512, made < count ? 1000 : 100000);
        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr == NULL) return;
            handle(events[i].data.ptr, events[i].events);
        }
    }
}

int main(int argc, char **argv) {
    const char *path = NULL;
    for (int option; (option = getopt(argc, argv, "p:f:c:t:n:g:H")) > 0; ) switch (option) {
        case 'p': port = atoi(optarg); break;
        case 'f': path = optarg; break;
        case 'c': count = atoi(optarg); break;
        case 't': seconds = atof(optarg); break;
        case 'n': per_connection = atoi(optarg); break;
        case 'g': per_ms = atoi(optarg); break;
        case 'H': is_holding = 1; break;
        default: return 2;
    }
    if (path == NULL || port == 0) {
        fprintf(stderr, "stream_load: -p and -f are needed\n");
        return 2;
    }
    prepare_process();
    requests = read_requests(path);
    epoll = epoll_create1(0);
    connections = need(calloc((size_t)count, sizeof *connections));
    run();
    int open = 0;
    for (int i = 0; i < made; i++) open += connections[i].fd >= 0;
    double elapsed = (double)(now_us() - started) / 1e6;
    printf("{\"streams\":%lu,\"open\":%d,\"failed\":%lu,\"not_200\":%lu,\"chunks\":%lu,"
           "\"bytes\":%lu,\"seconds\":%.4f,\"streams_per_s\":%.1f,",
           completed, open, failed, not_200, chunks, bytes, elapsed, (double)completed / elapsed);
    print_samples("first_chunk_us", &first_chunk);
    printf(",");
    print_samples("chunk_us", &later_chunks);
    printf(",");
    print_samples("to_first_us", &time_to_first);
    printf(",");
    print_samples("whole_us", &whole);
    printf("}\n");
    return 0;
}
