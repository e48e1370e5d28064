// timed: runs a program and prints what it took as one line of JSON on standard output; what the
// program prints goes to standard error. A program of its own, because the peak that the kernel
// tells of a process begins with that of whoever started it, and Python is large.
//
//   timed PROGRAM ARGUMENT...
#define _GNU_SOURCE
#include "common.h"
#include <sys/wait.h>

int main(int argc, char **argv) {
    if (argc < 2) { fprintf(stderr, "timed: no program\n"); return 2; }
    uint64_t began = now_us();
    pid_t child = fork();
    if (child < 0) die("fork");
    if (child == 0) {
        dup2(2, 1);
        execvp(argv[1], argv + 1);
        die("%s", argv[1]);
    }
    int status;
    struct rusage usage;
    if (wait4(child, &status, 0, &usage) != child) die("wait");
    printf("{\"seconds\":%.6f,\"peak_kib\":%ld,\"user\":%.6f,\"status\":%d}\n",
           (double)(now_us() - began) / 1e6, usage.ru_maxrss,
           (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6,
           WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    return 0;
}
