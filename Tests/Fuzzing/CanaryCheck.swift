import Wire

/// A check that fails on purpose: on a PUT that `Wire` accepts, of which there is no seed.
///
/// A fuzzer whose mutations do not get through the parser does not find it, nor does one whose
/// checks are not heard.
enum CanaryCheck {
    static func run(_ bytes: [UInt8]) throws(Mismatch) {
        var reader = RequestReader(bytes)
        guard case .request(let request) = reader.next() else { return }
        try require(request.head.method != .put, "the canary sings")
    }
}
