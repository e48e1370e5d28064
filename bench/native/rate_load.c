// rate_load: sends requests at a fixed rate, by the clock, and measures each from the time it was
// due (not from when it could be sent: an answer that is late makes those behind it late as well,
// and that is counted). With rate 0 every connection sends as soon as it is answered.
//
//   rate_load -p PORT -f REQUESTS -c CONNECTIONS -t SECONDS [-r RATE] [-C]
//
// -f  the requests, taken in turn (format: read_requests in common.h)
// -C  a new connection for every request
// Prints one line of JSON; times in microseconds.
#define _GNU_SOURCE
#include "common.h"

struct connection {
    int fd, is_connected, is_waiting_to_write;
    uint32_t request, written;
    uint64_t due;                  // 0: idle
    struct message answer;
    struct connection *next_free;
};

static struct requests requests;
static int epoll, port, count = 16, is_closing, connections_made;
static double rate, seconds = 5;
static struct connection *connections, *free_list;
static uint64_t started, ends, sent, errors, not_200, reconnects;
static struct samples latency, lateness;

static void release(struct connection *c) {
    c->due = 0;
    c->next_free = free_list;
    free_list = c;
}

static void watch(struct connection *c, int operation, int is_writing) {
    struct epoll_event event = {.events = EPOLLIN | (is_writing ? EPOLLOUT : 0), .data.ptr = c};
    c->is_waiting_to_write = is_writing;
    epoll_ctl(epoll, operation, c->fd, &event);
}

static void hang_up(struct connection *c) {
    if (c->fd >= 0) close(c->fd);
    c->fd = -1;
    c->is_connected = 0;
}

static void fail(struct connection *c) {
    hang_up(c);
    if (c->due == 0) return;
    errors++;
    release(c);
}

static void write_request(struct connection *c) {
    while (c->written < requests.lengths[c->request]) {
        ssize_t n = send(c->fd, requests.bytes[c->request] + c->written,
                         requests.lengths[c->request] - c->written, 0);
        if (n < 0 && errno == EAGAIN) {
            if (!c->is_waiting_to_write) watch(c, EPOLL_CTL_MOD, 1);
            return;
        }
        if (n < 0) { fail(c); return; }
        c->written += (uint32_t)n;
    }
    if (c->is_waiting_to_write) watch(c, EPOLL_CTL_MOD, 0);
}

static void begin(struct connection *c, uint64_t due, uint64_t now) {
    c->due = due;
    c->request = (uint32_t)(sent++ % requests.count);
    c->written = 0;
    message_start(&c->answer);
    sample(&lateness, now - due);
    if (c->fd < 0) {
        c->fd = connect_loopback(port, (unsigned)connections_made++);
        if (c->fd < 0) { fail(c); return; }
        watch(c, EPOLL_CTL_ADD, 1);
    } else {
        write_request(c);
    }
}

static void answered(struct connection *c) {
    sample(&latency, now_us() - c->due);
    if (c->answer.status != 200) not_200++;
    if (is_closing || c->answer.is_closing) hang_up(c);
    release(c);
}

static void readable(struct connection *c) {
    static char buffer[256 * 1024];
    for (;;) {
        ssize_t n = recv(c->fd, buffer, sizeof buffer, 0);
        if (n < 0 && errno == EAGAIN) return;
        if (n <= 0) {
            // A server may close an idle connection; one that waits for its answer is an error.
            int is_end = n == 0 && c->answer.is_until_close && c->due;
            if (is_end) answered(c);
            else { if (c->due == 0) reconnects++; fail(c); }
            return;
        }
        for (ssize_t at = 0; at < n && c->answer.phase != DONE; ) {
            const char *body;
            size_t length, left = (size_t)(n - at);
            ssize_t used = message_read(&c->answer, buffer + at, left, 1, &body, &length);
            if (used < 0 || c->due == 0) { fail(c); return; }
            at += used;
        }
        if (c->answer.phase == DONE && c->due) { answered(c); return; }
        if (n < (ssize_t)sizeof buffer) return;
    }
}

static void handle(struct connection *c, uint32_t events) {
    if (c->fd < 0) return;
    if (!c->is_connected && events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) {
        int error = 0;
        socklen_t size = sizeof error;
        getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error) { fail(c); return; }
        c->is_connected = 1;
    }
    if (events & EPOLLOUT && c->due) write_request(c);
    if (c->fd >= 0 && events & (EPOLLIN | EPOLLERR | EPOLLHUP)) readable(c);
}

// With rate 0 everything is due already.
static uint64_t due_time(uint64_t index) {
    return rate > 0 ? started + (uint64_t)((double)index * 1e6 / rate) : 0;
}

static uint64_t outstanding(void) {
    uint64_t n = 0;
    for (int i = 0; i < count; i++) n += connections[i].due != 0;
    return n;
}

static void run(void) {
    static struct epoll_event events[512];
    started = now_us();
    ends = started + (uint64_t)(seconds * 1e6);
    for (;;) {
        uint64_t now = now_us();
        while (free_list && now < ends && due_time(sent) <= now) {
            struct connection *c = free_list;
            free_list = c->next_free;
            begin(c, rate > 0 ? due_time(sent) : now, now);
            now = now_us();
        }
        int64_t wait = now < ends ? (int64_t)(ends - now) : 20000;
        if (free_list && now < ends && rate > 0) {
            uint64_t due = due_time(sent);
            wait = due > now ? (int64_t)(due - now) : 0;
        }
        if (now >= ends && (outstanding() == 0 || now > ends + 5000000)) return;
        int n = wait_events(epoll, events, 512, wait);
        for (int i = 0; i < n; i++) handle(events[i].data.ptr, events[i].events);
    }
}

static void report(double elapsed, uint64_t never_sent) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("{\"requests\":%zu,\"errors\":%lu,\"not_200\":%lu,\"never_sent\":%lu,"
           "\"reconnects\":%lu,\"seconds\":%.4f,\"rps\":%.1f,",
           latency.count, errors, not_200, never_sent, reconnects, elapsed,
           (double)latency.count / elapsed);
    print_samples("latency_us", &latency);
    printf(",");
    print_samples("late_us", &lateness);
    printf("}\n");
}

int main(int argc, char **argv) {
    const char *path = NULL;
    for (int option; (option = getopt(argc, argv, "p:f:c:t:r:C")) > 0; ) switch (option) {
        case 'p': port = atoi(optarg); break;
        case 'f': path = optarg; break;
        case 'c': count = atoi(optarg); break;
        case 't': seconds = atof(optarg); break;
        case 'r': rate = atof(optarg); break;
        case 'C': is_closing = 1; break;
        default: return 2;
    }
    if (path == NULL || port == 0) {
        fprintf(stderr, "rate_load: -p and -f are needed\n");
        return 2;
    }
    prepare_process();
    requests = read_requests(path);
    epoll = epoll_create1(0);
    connections = need(calloc((size_t)count, sizeof *connections));
    for (int i = count - 1; i >= 0; i--) {
        connections[i].fd = -1;
        release(&connections[i]);
    }
    run();
    errors += outstanding();
    // What was due and found no connection is not forgotten; the last millisecond is no matter.
    uint64_t due_count = rate > 0 ? (uint64_t)((seconds - 0.001) * rate) + 1 : sent;
    report((double)(now_us() - started) / 1e6, due_count > sent ? due_count - sent : 0);
    return 0;
}
