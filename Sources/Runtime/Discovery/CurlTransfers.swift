internal import CLibCurl
internal import Glibc

/// A GET of something small.
struct Download: Sendable, Equatable {
    var url: String
    /// Where to connect to in the place of the URL's host: `ADDRESS:PORT`, IPv6 in brackets.
    var address = ""
    /// The path of the socket to connect to; empty for TCP.
    var socketPath = ""
    /// Lines of the head, without their ends.
    var fields: [[UInt8]] = []
    /// Path of the authorities to trust behind https; empty for the system's.
    var caFile = ""
    /// For all of it, from the first packet to the last byte.
    var timeoutMilliseconds: Int
    /// An answer of more bytes is given up.
    var byteLimit: Int
    /// Whether the body is wanted, and not its status alone.
    var wantsBody = true
}

/// What came of a download: status and body, or why not.
typealias DownloadResult = Result<(status: Int, body: [UInt8]), DiscoveryFailure>

/// Downloads side by side, by one libcurl handle; the only place that calls libcurl.
///
/// Confined to one thread. HTTP/1.1 by http and https only, no redirects, no proxy whatever the
/// environment says, no signals, a new connection each time. Nothing is resolved: whoever asks
/// says the address.
@safe final class CurlTransfers {
    private let multi: UnsafeMutableRawPointer
    private var running: [UInt: CurlTransfer] = [:]
    /// A descriptor that ends `wait` when it can be read.
    private let wakeup: CInt

    /// Prepares libcurl itself; called once in the process, ahead of all else.
    static func prepareLibrary() -> Bool {
        routerc_curl_start() == CURLE_OK
    }

    /// Nil where there is no memory or descriptor left.
    init?(wakeup: CInt) {
        guard let multi = unsafe curl_multi_init() else { return nil }
        unsafe self.multi = multi
        self.wakeup = wakeup
    }

    deinit {
        for transfer in running.values {
            unsafe curl_multi_remove_handle(multi, transfer.easy)
        }
        running = [:]
        unsafe curl_multi_cleanup(multi)
    }

    /// How many are under way.
    var count: Int { running.count }

    /// Begins one, which `ended` will give back under `token`; false where it cannot be begun.
    func start(_ download: Download, token: Int) -> Bool {
        guard let transfer = CurlTransfer(download, token: token),
            unsafe curl_multi_add_handle(multi, transfer.easy) == CURLM_OK
        else { return false }
        running[transfer.identity] = transfer
        return true
    }

    /// Goes on with all of them until something happens, at most `milliseconds`.
    func wait(milliseconds: Int) {
        let code = unsafe routerc_curl_wait(multi, wakeup, CInt(clamping: milliseconds))
        if code != CURLM_OK {
            // Never so far; a thread that spins would be worse than a slow one.
            usleep(100_000)
        }
    }

    /// The next that has ended.
    func ended() -> (token: Int, result: DownloadResult)? {
        var code = CURLE_OK
        guard let easy = unsafe routerc_curl_ended(multi, &code) else { return nil }
        unsafe curl_multi_remove_handle(multi, easy)
        let identity = UInt(bitPattern: easy)
        guard let transfer = running.removeValue(forKey: identity) else { return nil }
        return (transfer.token, transfer.result(code))
    }
}

/// One download and what has come of it.
@safe private final class CurlTransfer {
    let token: Int
    let easy: UnsafeMutableRawPointer
    private var fields: UnsafeMutablePointer<curl_slist>?
    private var connectTo: UnsafeMutablePointer<curl_slist>?
    private var body: [UInt8] = []
    private var headByteCount = 0
    private var byteCount = 0
    private let byteLimit: Int
    private let wantsBody: Bool
    private var isTooLarge = false

    init?(_ download: Download, token: Int) {
        guard let easy = unsafe curl_easy_init() else { return nil }
        unsafe self.easy = easy
        self.token = token
        byteLimit = download.byteLimit
        wantsBody = download.wantsBody
        guard setRules(), set(download) else { return nil }
    }

    deinit {
        unsafe curl_easy_cleanup(easy)
        unsafe curl_slist_free_all(fields)
        unsafe curl_slist_free_all(connectTo)
    }

    var identity: UInt { unsafe UInt(bitPattern: easy) }

    /// What holds for every download.
    private func setRules() -> Bool {
        set(CURLOPT_NOSIGNAL, 1) && set(CURLOPT_PROXY, "") && set(CURLOPT_NOPROXY, "*")
            && set(CURLOPT_PROTOCOLS_STR, "http,https") && set(CURLOPT_FOLLOWLOCATION, 0)
            && set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
            && set(CURLOPT_HTTP09_ALLOWED, 0) && set(CURLOPT_PATH_AS_IS, 1)
            && set(CURLOPT_FRESH_CONNECT, 1) && set(CURLOPT_FORBID_REUSE, 1)
            && set(CURLOPT_SSL_VERIFYPEER, 1) && set(CURLOPT_SSL_VERIFYHOST, 2)
            && set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
            && set(CURLOPT_USERAGENT, "routerc")
    }

    private func set(_ download: Download) -> Bool {
        guard set(CURLOPT_URL, download.url),
            set(CURLOPT_TIMEOUT_MS, download.timeoutMilliseconds),
            set(CURLOPT_MAXFILESIZE, download.byteLimit)
        else { return false }
        if !download.socketPath.isEmpty {
            guard set(CURLOPT_UNIX_SOCKET_PATH, download.socketPath) else { return false }
        }
        if !download.address.isEmpty {
            // From any host and port to this address.
            guard unsafe CurlTransfer.append(Array("::\(download.address)".utf8), to: &connectTo),
                unsafe routerc_curl_set_list(easy, CURLOPT_CONNECT_TO, connectTo) == CURLE_OK
            else { return false }
        }
        if !download.caFile.isEmpty {
            // In place of the system's, which are a file and a folder.
            guard set(CURLOPT_CAINFO, download.caFile),
                unsafe routerc_curl_set_text(easy, CURLOPT_CAPATH, nil) == CURLE_OK
            else { return false }
        }
        for field in download.fields {
            guard unsafe CurlTransfer.append(field, to: &fields) else { return false }
        }
        guard unsafe routerc_curl_set_list(easy, CURLOPT_HTTPHEADER, fields) == CURLE_OK else {
            return false
        }
        return setSinks()
    }

    private func setSinks() -> Bool {
        // The transfer outlives the handle, which it owns.
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        let code = unsafe routerc_curl_set_sinks(
            easy,
            { _, size, count, context in
                guard let context = unsafe context else { return 0 }
                let transfer = unsafe Unmanaged<CurlTransfer>.fromOpaque(context)
                    .takeUnretainedValue()
                return transfer.takeHead(size &* count)
            },
            { bytes, size, count, context in
                guard let context = unsafe context, let bytes = unsafe bytes else { return 0 }
                let transfer = unsafe Unmanaged<CurlTransfer>.fromOpaque(context)
                    .takeUnretainedValue()
                return unsafe transfer.take(
                    UnsafeRawBufferPointer(start: bytes, count: size &* count))
            }, context)
        return code == CURLE_OK
    }

    private func takeHead(_ byteCount: Int) -> Int {
        headByteCount += byteCount
        isTooLarge = isTooLarge || headByteCount > Limits.discoveryHeadBytesMax
        return isTooLarge ? 0 : byteCount
    }

    private func take(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard bytes.count <= byteLimit - byteCount else {
            isTooLarge = true
            return 0
        }
        byteCount += bytes.count
        if wantsBody { unsafe body.append(contentsOf: bytes) }
        return bytes.count
    }

    /// What came of it, once libcurl says how it ended.
    func result(_ code: CURLcode) -> DownloadResult {
        if code == CURLE_OK {
            return .success((status: unsafe routerc_curl_status(easy), body: body))
        }
        if isTooLarge { return .failure(.tooLarge) }
        switch code {
        case CURLE_OPERATION_TIMEDOUT: return .failure(.timeout)
        case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST: return .failure(.unreachable)
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE,
            CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR:
            return .failure(.tls)
        case CURLE_FILESIZE_EXCEEDED: return .failure(.tooLarge)
        case CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_PARTIAL_FILE:
            return .failure(.closed)
        default: return .failure(.malformed)
        }
    }

    // MARK: - Options

    private func set(_ option: CURLoption, _ value: Int) -> Bool {
        unsafe routerc_curl_set_number(easy, option, value) == CURLE_OK
    }

    private func set(_ option: CURLoption, _ value: String) -> Bool {
        unsafe value.withCString { unsafe routerc_curl_set_text(easy, option, $0) } == CURLE_OK
    }

    /// Appends a copy of a text to a list.
    private static func append(
        _ text: [UInt8], to list: inout UnsafeMutablePointer<curl_slist>?
    ) -> Bool {
        let end = (text + [0]).map { CChar(bitPattern: $0) }
        guard let longer = unsafe curl_slist_append(list, end) else { return false }
        unsafe list = longer
        return true
    }
}
