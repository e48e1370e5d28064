#ifndef ROUTERC_CLINUX_SHIM_H
#define ROUTERC_CLINUX_SHIM_H

#include <asm/ioctls.h>
#include <linux/sockios.h>

/* What glibc has behind _GNU_SOURCE, which Swift's Glibc module does not define. */

/* memfd_create(2): an anonymous file that can be sealed. */
extern int memfd_create(const char *name, unsigned int flags);

/* eventfd(2): a counter to wait on. */
extern int eventfd(unsigned int start, int flags);

static const int routerc_efd_cloexec = 02000000;
static const int routerc_efd_nonblock = 04000;

/* fcntl(2) is variadic, which Swift cannot call with these. */
extern int fcntl(int descriptor, int command, ...);

static const unsigned int routerc_mfd_cloexec = 0x0001U;
static const unsigned int routerc_mfd_allow_sealing = 0x0002U;

/* Seals a memfd against writing, growing, shrinking and further sealing; 0, or -1 with errno. */
static inline int routerc_seal(int descriptor) {
    const int add_seals = 1033;
    const int seal_seal = 0x0001, seal_shrink = 0x0002, seal_grow = 0x0004, seal_write = 0x0008;
    return fcntl(descriptor, add_seals, seal_seal | seal_shrink | seal_grow | seal_write);
}

/* mallopt(3): glibc's own header of it is not in the Glibc module. */
extern int mallopt(int parameter, int value);

static const int routerc_m_trim_threshold = -1;
static const int routerc_m_top_pad = -2;
static const int routerc_m_mmap_threshold = -3;

/* ioctl(2) is variadic as well. */
extern int ioctl(int descriptor, unsigned long request, ...);

/* SIOCOUTQ: bytes of a socket that its peer has not taken; -1 with errno. */
static inline int routerc_untaken(int descriptor) {
    int count = 0;
    return ioctl(descriptor, SIOCOUTQ, &count) == 0 ? count : -1;
}

#endif
