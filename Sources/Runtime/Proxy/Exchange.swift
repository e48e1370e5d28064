internal import NIOCore
internal import Routing
internal import TableFormat
internal import Wire

/// The facts of one exchange, beside the state that the machine holds.
struct Exchange {
    /// Nanoseconds of the monotonic clock at the first byte of the head.
    var began: UInt64 = 0
    /// The same at the first byte of the answer; 0 before it.
    var answered: UInt64 = 0
    /// The same at the first byte of an endpoint's answer behind its head, or at the end of one
    /// that has none; 0 before it.
    var bodyBegan: UInt64 = 0
    /// Where metrics count it; set when the pool is decided.
    var poolSlot = PoolDirectory.noPool
    /// Held until the first byte of the answer.
    var table: LoadedTable?
    var generation: UInt32 = 0
    /// The head of the request as it came, from its first line.
    var headBytes = ByteBuffer()
    /// Nil where there is none that can be understood.
    var head: RequestHead?
    /// A body that came in chunks, put together; or the whole body once it is complete.
    var body = ByteBuffer()
    var bodyIsComplete = false
    var decoder = ChunkedDecoder()
    var scanner = MemberScanner()
    /// Milliseconds of the monotonic clock at which the body has to be complete.
    var bodyDeadline: UInt64 = 0
    /// Bytes to come of a body of known length that is streamed.
    var uploadRemaining: UInt64 = 0
    /// Bytes of the body that have come, without the framing of chunks.
    var bodyBytesSeen = 0
    /// Bytes of the body that the budget has been charged for.
    var chargedBytes = 0
    var look = BodyLook.nothing
    /// Where the body is a form.
    var form: Form?
    var caller: Caller?
    /// What the origin of the request is to the table.
    var origin = OriginStanding.off
    /// Whether it was answered as a preflight, before anybody asked who the caller is.
    var isPreflight = false
    /// What it is called; decided with the head.
    var id = ExchangeID.ours(RequestID(high: 0, low: 0))
    var route: Route?
    /// Where it began.
    var firstRoute: Route?
    var member: UInt32 = noIndex
    var endpoint: UInt32 = noIndex
    /// What decides among the endpoints of the pool.
    var turn = Turn()
    /// The model that was sent upstream in the place of the client's, as a JSON string; empty where
    /// the client's was sent.
    var sentModel: [UInt8] = []
    /// Attempts that have begun, a connection that turned out to be dead not counted.
    var attempts: UInt16 = 0
    /// Those of them in the pool it is in.
    var poolAttempts: UInt16 = 0
    /// What has failed: which endpoint of which pool, for which model.
    var failures: [FailedAttempt] = []
    /// When the pool leaves an endpoint alone; kept, since answers break off without their table.
    var breaker: BreakerPolicy?
    /// Where the attempt counts that is under way.
    var endpointState: EndpointState?
    /// Milliseconds of the monotonic clock at the beginning of the attempt.
    var attemptBegan: UInt64 = 0
    /// The endpoint has answered that it has enough for now.
    var isLimited = false
    /// Whether the pool wants to know how long its endpoints take to the first byte.
    var watchesFirstByte = false
    var timeouts = ExchangeTimeouts()
    var status: UInt16 = 0
    var error: ProxyError?
    var outcome = AccessOutcome.complete
    var bytesIn: UInt64 = 0
    var bytesOut: UInt64 = 0
    /// Names for the access record of an answer that goes on without its table.
    var keptNames: KeptNames?

    /// Whether the answer has no body (RFC 9110, section 9.3.2).
    var isHeadRequest: Bool { head?.method == .head }

    /// Whether the client speaks HTTP/1.0.
    var isOldClient: Bool { head?.minorVersion == 0 }

    var framing: RequestFraming { head?.framing ?? .none }
}

/// An attempt that another one followed.
struct FailedAttempt: Equatable {
    var endpoint: UInt32
    /// As in a route.
    var pool: UInt32
    var model: UInt32
    /// Where the model begins in a client's list.
    var part: UInt16

    /// An attempt at a place of a route.
    init(endpoint: UInt32, _ route: Route) {
        self.endpoint = endpoint
        pool = route.pool
        model = route.model
        part = route.partStart
    }

    /// Whether it was for the model of a route.
    func isForModel(of route: Route) -> Bool {
        model == route.model && part == route.partStart
    }
}

/// How a body is read for its model.
enum BodyLook {
    case nothing
    case json
    case form
}

/// A form that is being read; apart, since few requests have one.
final class Form {
    var scanner: MultipartScanner

    init(scanner: MultipartScanner) {
        self.scanner = scanner
    }
}

/// The timeouts of the pool of an exchange, in milliseconds; `noMilliseconds` is none.
struct ExchangeTimeouts {
    var connect = noMilliseconds
    var firstToken = noMilliseconds
    var answer = noMilliseconds
    var idle = noMilliseconds
    var total = noMilliseconds

    init() {}

    init(_ view: borrowing TableView, pool: UInt32) {
        let row = view.row(TimeoutsRecord.self, view.load(PoolRecord.timeouts, at: pool))
        connect = view.load(TimeoutsRecord.connect, row)
        firstToken = view.load(TimeoutsRecord.firstToken, row)
        answer = view.load(TimeoutsRecord.answer, row)
        idle = view.load(TimeoutsRecord.idle, row)
        total = view.load(TimeoutsRecord.total, row)
    }
}

/// Copies of what an access record names.
struct KeptNames {
    var bytes: [UInt8]
    var method: Range<Int>
    var key: Range<Int>
    var pool: Range<Int>
    var endpoint: Range<Int>
    var model: Range<Int>
    var path: Range<Int>
    /// Empty for an id of ours.
    var id: Range<Int>
    var client = ClientAddress.unknown
}

/// How an answer goes through: what ends it, and what the client is told of its length.
struct Relay {
    enum Phase {
        case head
        case body
    }

    /// What becomes of the upstream's framing.
    enum Conversion {
        /// Bytes go as they come.
        case verbatim
        /// A close-delimited answer is put into chunks.
        case chunk
        /// Chunks are taken apart for a client of HTTP/1.0.
        case dechunk
        /// Chunks are taken apart, and what was in them is put into chunks of ours.
        case rechunk
    }

    var phase = Phase.head
    /// What has come of a head that is not complete.
    var headBytes = ByteBuffer()
    var scanner = HeadScanner(skippingEmptyLines: false)
    var interimCount = 0
    var head: ResponseHead?
    var remaining: UInt64 = 0
    var decoder = ChunkedDecoder()
    var conversion = Conversion.verbatim
    /// A byte of an answer has come over the leased connection.
    var hasBytes = false
    /// A byte of the body has come: until then the time of the first token runs on.
    var bodyBegan = false
    /// The body is server-sent events, and nothing says how many bytes they are.
    var isEventStream = false
    /// How they have ended so far.
    var events = EventTail()
    /// The client was told in chunks why its stream breaks off; that the last one is missing shows
    /// that it did.
    var hasSaidWhy = false
    /// The last read took all that its buffer could hold.
    var lastReadWasFull = false
}
