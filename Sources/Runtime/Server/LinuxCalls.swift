internal import CLinux

/// System calls that Swift's Glibc module hides: the wrappers, and nothing else.
enum LinuxCalls {
    /// An anonymous file that can be sealed, closed on exec; negative on failure, with `errno`.
    static func makeSealableFile(_ name: String) -> CInt {
        unsafe memfd_create(name, routerc_mfd_cloexec | routerc_mfd_allow_sealing)
    }

    /// Seals it against writing, growing, shrinking and further seals; false with `errno`.
    static func seal(_ descriptor: CInt) -> Bool {
        routerc_seal(descriptor) == 0
    }

    /// Keeps what large bodies leave behind for the next ones.
    ///
    /// By default glibc maps buffers from 128 KiB on one by one, and gives the top of the heap back
    /// at 128 KiB: a page fault for each page of each large body.
    static func keepFreedMemory() {
        _ = mallopt(routerc_m_mmap_threshold, 32 << 20)
        _ = mallopt(routerc_m_trim_threshold, 16 << 20)
        _ = mallopt(routerc_m_top_pad, 1 << 20)
    }

    /// A counter to wait on, closed on exec; negative on failure, with `errno`.
    ///
    /// Reading one that is zero fails at once.
    static func makeEventCounter() -> CInt {
        eventfd(0, routerc_efd_cloexec | routerc_efd_nonblock)
    }

    /// Bytes that were given to a socket and that its peer has not taken; negative on failure.
    ///
    /// A peer on a network has taken what its system has acknowledged.
    static func untakenBytes(of descriptor: CInt) -> Int {
        Int(routerc_untaken(descriptor))
    }
}
