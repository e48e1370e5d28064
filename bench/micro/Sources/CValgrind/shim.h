#ifndef ROUTERC_CVALGRIND_SHIM_H
#define ROUTERC_CVALGRIND_SHIM_H

#include <valgrind/callgrind.h>

/* Client requests are macros of inline assembly, which Swift cannot call. Outside of valgrind each
   is a few instructions without effect. */

/* Sets the counts of callgrind to zero. */
static inline void micro_counts_begin(void) { CALLGRIND_ZERO_STATS; }

/* Writes the counts since then to a file of their own, under a name. */
static inline void micro_counts_end(const char *name) { CALLGRIND_DUMP_STATS_AT(name); }

#endif
