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

    /// A counter to wait on, closed on exec; negative on failure, with `errno`.
    static func makeEventCounter() -> CInt {
        eventfd(0, routerc_efd_cloexec)
    }
}
