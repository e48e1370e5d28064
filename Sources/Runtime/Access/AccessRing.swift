package import Routing
internal import Synchronization
package import Wire

/// How an exchange ended.
package enum AccessOutcome: UInt8, Sendable {
    case complete
    /// The client left before the end.
    case clientGone
    /// The answer had begun and could not be completed.
    case truncated
    /// The router answered with an error of its own.
    case refused
}

/// The numbers of one access record; its texts stand beside it in the ring.
package struct AccessEntry: Sendable {
    /// Milliseconds since the epoch, when the exchange ended.
    package var wallMilliseconds: Int64 = 0
    /// From the first byte of the head to the last of the answer.
    package var durationMicroseconds: UInt64 = 0
    /// From the first byte of the head to the first of the answer; 0 where none was sent.
    package var firstByteMicroseconds: UInt64 = 0
    package var bytesIn: UInt64 = 0
    package var bytesOut: UInt64 = 0
    package var generation: UInt32 = 0
    package var status: UInt16 = 0
    /// How many endpoints, or how often one, was tried; 0 where none was.
    package var attempts: UInt16 = 0
    package var outcome: AccessOutcome = .complete
    /// `ProxyError` of a refusal; 255 for none.
    package var error: UInt8 = 255
    /// Who asked, as far as it is known.
    package var client = ClientAddress.unknown
    var methodCount: UInt8 = 0
    var keyCount: UInt8 = 0
    var poolCount: UInt8 = 0
    var endpointCount: UInt8 = 0
    var modelCount: UInt16 = 0
    var pathCount: UInt16 = 0
    var requestIDCount: UInt8 = 0
    /// What the request is called, where it was named here.
    package var requestID: RequestID?

    package init() {}
}

/// The texts of one access record, each cut to what a slot of the ring holds.
package struct AccessTexts: Sendable {
    package var method = ""
    package var key = ""
    package var pool = ""
    package var endpoint = ""
    package var model = ""
    package var path = ""
    /// What the client calls its request; empty where it was named here.
    package var requestID = ""

    package init() {}
}

/// A bounded queue of access records from one loop to the writer thread.
///
/// One producer, one consumer, no lock: the producer owns `head`, the consumer `tail`, and a slot
/// belongs to whoever the two counters say. A full ring drops the record and counts it.
///
/// `@unchecked Sendable`: slots are plain memory, handed over by release and acquire of `head` and
/// `tail`; exactly one thread may call each side.
@safe package final class AccessRing: @unchecked Sendable {
    /// Bytes for the texts of one record.
    private static let textBytes = 416 + RequestID.byteLimit

    private let capacity: Int
    private let entries: UnsafeMutablePointer<AccessEntry>
    private let texts: UnsafeMutableRawPointer
    private let head = Atomic<Int>(0)
    private let tail = Atomic<Int>(0)
    private let lost = Atomic<Int>(0)

    package init(capacity: Int = Limits.accessRecordsMax) {
        self.capacity = capacity
        unsafe entries = .allocate(capacity: capacity)
        unsafe entries.initialize(repeating: AccessEntry(), count: capacity)
        unsafe texts = .allocate(byteCount: capacity * AccessRing.textBytes, alignment: 8)
    }

    deinit {
        unsafe entries.deallocate()
        unsafe texts.deallocate()
    }

    /// Records that did not fit, since the start.
    package var lostCount: Int { lost.load(ordering: .relaxed) }

    /// The producer's side: `fill` writes the texts; false where the ring is full.
    @inline(__always)
    func append(_ entry: AccessEntry, _ fill: (inout AccessTextWriter) -> Void) -> Bool {
        let position = head.load(ordering: .relaxed)
        guard position - tail.load(ordering: .acquiring) < capacity else {
            lost.add(1, ordering: .relaxed)
            return false
        }
        let slot = position % capacity
        let area = unsafe UnsafeMutableRawBufferPointer(
            start: texts + slot * AccessRing.textBytes, count: AccessRing.textBytes)
        var writer = unsafe AccessTextWriter(area: area, entry: entry)
        fill(&writer)
        unsafe entries[slot] = writer.entry
        head.store(position + 1, ordering: .releasing)
        return true
    }

    /// The consumer's side: the oldest record, if there is one.
    package func next() -> (AccessEntry, AccessTexts)? {
        let position = tail.load(ordering: .relaxed)
        guard position < head.load(ordering: .acquiring) else {
            return nil
        }
        let slot = position % capacity
        let entry = unsafe entries[slot]
        var offset = slot * AccessRing.textBytes
        func text(_ count: Int) -> String {
            defer { offset += count }
            let bytes = unsafe UnsafeRawBufferPointer(start: texts + offset, count: count)
            return unsafe String(decoding: bytes, as: UTF8.self)
        }
        var result = AccessTexts()
        result.method = text(Int(entry.methodCount))
        result.key = text(Int(entry.keyCount))
        result.pool = text(Int(entry.poolCount))
        result.endpoint = text(Int(entry.endpointCount))
        result.model = text(Int(entry.modelCount))
        result.path = text(Int(entry.pathCount))
        result.requestID = text(Int(entry.requestIDCount))
        tail.store(position + 1, ordering: .releasing)
        return (entry, result)
    }
}

/// Writes the texts of a record into its slot, in the order of the properties of `AccessTexts`.
@safe struct AccessTextWriter {
    static let modelByteLimit = 96
    static let pathByteLimit = 88

    private let area: UnsafeMutableRawBufferPointer
    private var used = 0
    fileprivate(set) var entry: AccessEntry

    fileprivate init(area: UnsafeMutableRawBufferPointer, entry: AccessEntry) {
        unsafe self.area = area
        self.entry = entry
    }

    mutating func method(_ text: RawSpan) { entry.methodCount = UInt8(copy(text, limit: 16)) }
    mutating func key(_ text: RawSpan) { entry.keyCount = UInt8(copy(text, limit: 63)) }
    mutating func pool(_ text: RawSpan) { entry.poolCount = UInt8(copy(text, limit: 63)) }
    mutating func endpoint(_ text: RawSpan) { entry.endpointCount = UInt8(copy(text, limit: 90)) }

    mutating func model(_ text: RawSpan) {
        entry.modelCount = UInt16(copy(text, limit: AccessTextWriter.modelByteLimit))
    }

    mutating func path(_ text: RawSpan) {
        entry.pathCount = UInt16(copy(text, limit: AccessTextWriter.pathByteLimit))
    }

    mutating func requestID(_ text: RawSpan) {
        entry.requestIDCount = UInt8(copy(text, limit: RequestID.byteLimit))
    }

    private mutating func copy(_ text: RawSpan, limit: Int) -> Int {
        let count = min(text.byteCount, limit)
        unsafe text.withUnsafeBytes { source in
            for index in 0..<count {
                unsafe area[used + index] = source[index]
            }
        }
        used += count
        return count
    }
}
