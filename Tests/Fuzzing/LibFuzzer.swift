import Glibc

// The two functions that libFuzzer calls. One program serves every target: it is linked once, and
// its file name says which target it runs, as in `request-head`.

/// The most CPU seconds that one input may take: more is an endless loop.
///
/// Of this process alone, so that a fuzzer that is stopped for a while finds nothing by it.
private let cpuSecondLimit = 20

@_cdecl("LLVMFuzzerInitialize")
public func initializeFuzzer(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>>>
) -> CInt {
    unsafe FuzzerProcess.start(path: String(cString: arguments.pointee[0]))
    return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    // A copy of exactly these bytes, so that the address sanitizer sees a read beyond them.
    let bytes = unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
    FuzzerProcess.check(bytes)
    return 0
}

private enum FuzzerProcess {
    /// The timer that counts the time of this process in user mode.
    private static let virtualTimer = __itimer_which_t(ITIMER_VIRTUAL.rawValue)
    nonisolated(unsafe) private static var target = FuzzTarget.canary

    /// Takes the target that the name of the program names.
    static func start(path: String) {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        guard let named = FuzzTarget.named(name) else {
            complain("no fuzz target has the name of this program: \(name)")
            exit(2)
        }
        unsafe target = named
        // libFuzzer keeps the input where a process aborts.
        signal(SIGVTALRM) { _ in abort() }
    }

    static func check(_ bytes: [UInt8]) {
        var limit = itimerval()
        limit.it_value.tv_sec = cpuSecondLimit
        unsafe setitimer(virtualTimer, &limit, nil)
        do {
            try unsafe target.check(bytes)
        } catch {
            complain("\nmismatch: \(error)\ninput: \(bytes.shown)\n")
            abort()
        }
    }

    private static func complain(_ message: String) {
        let bytes = Array((message + "\n").utf8)
        _ = unsafe write(STDERR_FILENO, bytes, bytes.count)
    }
}
