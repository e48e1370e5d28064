// What the three programs share: time, sockets, and an incremental reader of HTTP/1.1 messages.
#pragma once
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static inline uint64_t now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

__attribute__((noreturn, format(printf, 1, 2))) static inline void die(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, ": %s\n", strerror(errno));
    exit(1);
}

static inline void *need(void *memory) {
    if (memory == NULL) die("out of memory");
    return memory;
}

// Ends with its parent, holds as many descriptors as allowed, sleeps to the microsecond.
static inline void prepare_process(void) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    prctl(PR_SET_TIMERSLACK, 1UL);
}

static inline void no_delay(int fd) {
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static inline int wait_events(int epoll, struct epoll_event *events, int count, int64_t us) {
    if (us < 0) return epoll_wait(epoll, events, count, -1);
    struct timespec timeout = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
    return epoll_pwait2(epoll, events, count, &timeout, NULL);
}

// MARK: one message, read piece by piece

enum message_phase { IN_HEAD, IN_BODY, IN_CHUNK_SIZE, IN_CHUNK, IN_CHUNK_END, IN_TRAILER, DONE };
enum { HEAD_MAX = 16 * 1024 };

struct message {
    enum message_phase phase;
    int is_until_close, is_closing, status;
    uint64_t left;       // bytes of the body, or of this chunk
    int line_length;     // of the trailer line being read
    int head_length;
    char *head;          // HEAD_MAX bytes, zero-terminated once complete
};

static inline void message_start(struct message *m) {
    char *head = m->head ? m->head : need(malloc(HEAD_MAX));
    *m = (struct message){.head = head};
}

// The value of a field, as it stands in the head; its length in `length`.
static inline const char *field(const struct message *m, const char *name, int *length) {
    size_t size = strlen(name);
    for (const char *line = strstr(m->head, "\r\n"); line && line[2] != '\r'; ) {
        line += 2;
        const char *end = strstr(line, "\r\n");
        if (end == NULL) return NULL;
        if (!strncasecmp(line, name, size) && line[size] == ':') {
            const char *value = line + size + 1;
            while (*value == ' ') value++;
            *length = (int)(end - value);
            return value;
        }
        line = end;
    }
    return NULL;
}

static inline int field_has(const struct message *m, const char *name, const char *word) {
    int length;
    const char *value = field(m, name, &length);
    if (value == NULL) return 0;
    char copy[256];
    snprintf(copy, sizeof copy, "%.*s", length, value);
    return strcasestr(copy, word) != NULL;
}

static inline void head_complete(struct message *m, int is_response) {
    int length;
    const char *value;
    m->is_closing = field_has(m, "connection", "close");
    if (is_response) m->status = atoi(m->head + 9);
    if (field_has(m, "transfer-encoding", "chunked")) {
        m->phase = IN_CHUNK_SIZE;
        m->left = 0;
    } else if ((value = field(m, "content-length", &length))) {
        m->left = strtoull(value, NULL, 10);
        m->phase = m->left ? IN_BODY : DONE;
    } else if (is_response && m->status >= 200 && m->status != 204 && m->status != 304) {
        m->is_until_close = m->is_closing = 1;
        m->left = UINT64_MAX;
        m->phase = IN_BODY;
    } else {
        m->phase = DONE;
    }
}

// Reads some of `data`; what of the body stands in it comes back in `body` and `body_length`.
// Returns how many bytes were used, or -1 for what is no HTTP. Call until all is used or DONE.
static inline ssize_t message_read(struct message *m, const char *data, size_t size,
                                   int is_response, const char **body, size_t *body_length) {
    *body_length = 0;
    switch (m->phase) {
    case IN_HEAD: {
        size_t room = HEAD_MAX - 1 - (size_t)m->head_length;
        size_t part = size < room ? size : room;
        int search = m->head_length < 3 ? 0 : m->head_length - 3;
        memcpy(m->head + m->head_length, data, part);
        m->head[m->head_length + (int)part] = 0;
        char *end = memmem(m->head + search, m->head_length + part - search, "\r\n\r\n", 4);
        if (end == NULL) {
            m->head_length += (int)part;
            return part < size ? -1 : (ssize_t)part;
        }
        ssize_t used = end + 4 - (m->head + m->head_length);
        m->head_length = (int)(end + 4 - m->head);
        end[4] = 0;
        head_complete(m, is_response);
        return used;
    }
    case IN_BODY:
    case IN_CHUNK: {
        size_t part = size < m->left ? size : (size_t)m->left;
        *body = data;
        *body_length = part;
        if (!m->is_until_close) m->left -= part;
        if (m->left == 0) m->phase = m->phase == IN_BODY ? DONE : IN_CHUNK_END;
        return (ssize_t)part;
    }
    case IN_CHUNK_SIZE:
    case IN_CHUNK_END:
    case IN_TRAILER:
        for (size_t i = 0; i < size; i++) {
            char c = data[i];
            if (m->phase == IN_CHUNK_END) {
                if (c == '\n') { m->phase = IN_CHUNK_SIZE; m->left = 0; }
            } else if (m->phase == IN_CHUNK_SIZE) {
                if (c >= '0' && c <= '9') m->left = m->left * 16 + (uint64_t)(c - '0');
                else if ((c | 32) >= 'a' && (c | 32) <= 'f')
                    m->left = m->left * 16 + (uint64_t)((c | 32) - 'a' + 10);
                else if (c == '\n') {
                    m->phase = m->left ? IN_CHUNK : IN_TRAILER;
                    m->line_length = 0;
                    if (m->phase == IN_CHUNK) return (ssize_t)i + 1;
                } else if (c != '\r') return -1;
            } else if (c == '\n') {
                if (m->line_length == 0) { m->phase = DONE; return (ssize_t)i + 1; }
                m->line_length = 0;
            } else if (c != '\r') m->line_length++;
        }
        return (ssize_t)size;
    case DONE:
        return 0;
    }
    return -1;
}

// MARK: what the load programs share

struct requests { char **bytes; uint32_t *lengths; uint32_t count; };

// The file that bench/compare writes: records of a 4-byte length, little endian, and a request.
static inline struct requests read_requests(const char *path) {
    struct requests all = {0};
    FILE *file = fopen(path, "rb");
    if (file == NULL) die("%s", path);
    uint32_t length;
    while (fread(&length, 4, 1, file) == 1) {
        all.bytes = need(realloc(all.bytes, sizeof(char *) * (all.count + 1)));
        all.lengths = need(realloc(all.lengths, 4 * (all.count + 1)));
        all.bytes[all.count] = need(malloc(length));
        all.lengths[all.count] = length;
        if (fread(all.bytes[all.count++], 1, length, file) != length) die("%s is cut off", path);
    }
    fclose(file);
    if (all.count == 0) { errno = EINVAL; die("%s holds no request", path); }
    return all;
}

// Loopback has 28,000 ports a source address: connections come from several.
static inline int connect_loopback(int port, unsigned turn) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (fd < 0) die("socket");
    no_delay(fd);
    int on = 1;
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    struct sockaddr_in source = {.sin_family = AF_INET};
    source.sin_addr.s_addr = htonl(0x7f000002 + turn % 64);
    if (bind(fd, (void *)&source, sizeof source)) die("bind to a loopback address");
    struct sockaddr_in target = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (void *)&target, sizeof target) && errno != EINPROGRESS) {
        close(fd);
        return -1;
    }
    return fd;
}

struct samples { uint32_t *values; size_t count, capacity; };

static inline void sample(struct samples *s, uint64_t value) {
    if (s->count == s->capacity) {
        s->capacity = s->capacity ? s->capacity * 2 : 65536;
        s->values = need(realloc(s->values, s->capacity * sizeof *s->values));
    }
    s->values[s->count++] = value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

static int by_value(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

// {"p50":..,"p90":..,"p99":..,"p999":..,"max":..,"mean":..,"count":..}: nearest rank, exact.
static inline void print_samples(const char *name, struct samples *s) {
    static const struct { const char *name; double share; } ranks[] = {
        {"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}, {"max", 1}};
    qsort(s->values, s->count, sizeof *s->values, by_value);
    double sum = 0;
    for (size_t i = 0; i < s->count; i++) sum += s->values[i];
    printf("\"%s\":{", name);
    for (size_t i = 0; i < sizeof ranks / sizeof *ranks; i++) {
        double rank = ranks[i].share * (double)s->count;
        size_t index = (size_t)rank + ((double)(size_t)rank < rank);
        printf("\"%s\":%u,", ranks[i].name, s->count ? s->values[index ? index - 1 : 0] : 0);
    }
    printf("\"mean\":%.2f,\"count\":%zu}", s->count ? sum / (double)s->count : 0, s->count);
}
