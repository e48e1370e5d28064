/// Every limit of the runtime that the spec does not set, in one place; units stand last.
package enum Limits {
    /// Request bodies in memory, over all connections; beyond it requests are answered 503.
    package static let bufferedBytesMax = 256 << 20
    /// How long a whole body may take.
    static let bodyMilliseconds: UInt64 = 300_000
    /// How long the rest of a refused request is read and thrown away, so that the answer is seen.
    static let lingerMilliseconds: UInt64 = 2_000
    /// How many bytes of the rest of a refused request are read at most.
    static let lingerBytesMax = 64 << 10
    /// How long an idle upstream connection is kept: llama-server closes after 5 s.
    static let upstreamIdleMilliseconds: UInt64 = 4_000
    /// Idle connections to one upstream, over all loops.
    static let upstreamIdleMax = 512
    /// A body that is not needed whole to decide is kept up to this, and streamed beyond.
    ///
    /// What is kept can be sent again where an idle upstream connection turns out to be dead.
    static let keptBodyBytesMax: UInt64 = 64 << 10
    /// The head of an answer.
    static let responseHeadBytesMax = 64 << 10
    /// Answers with status 1xx ahead of the final one.
    static let interimResponsesMax = 32
    /// Bytes of a pipelined request that are kept while another is answered.
    static let pipelinedBytesMax = 64 << 10
    /// Bytes waiting to be written to one peer before the other is no longer read.
    static let writeHighWaterBytes = 256 << 10
    static let writeLowWaterBytes = 64 << 10
    /// A body larger than this is handed on without being copied behind the head.
    static let copiedBodyBytesMax = 16 << 10
    /// Tables that may be alive at once.
    package static let generationsMax = 8
    /// Records in the ring of a loop; beyond it they are counted as lost.
    static let accessRecordsMax = 4_096
    /// Pools that are in no table any more and still have metrics of their own.
    static let gonePoolsMax = 1_000
    /// Connections to the admin address; beyond it they wait to be accepted.
    static let adminConnectionsMax = 32
    /// From accept to a whole request at the admin address.
    static let adminRequestMilliseconds: Int64 = 10_000
    /// How long an answer of the admin address may take to be read.
    static let adminAnswerMilliseconds: Int64 = 60_000
    /// The body of a request to the admin address, which nobody needs.
    static let adminBodyBytesMax = 4 << 10
    /// How long an admin address that is left waits for its answers to be out.
    static let adminCloseMilliseconds: UInt64 = 1_000
    /// An answer of the admin address that `routerc status` or `routerc reload` waits for.
    static let adminAnswerBytesMax = 16 << 20
    /// How long a thread that has been told to end is waited for.
    static let threadEndMilliseconds: UInt64 = 1_000
    /// Between two look-ups of an upstream's host name.
    static let resolveMilliseconds: UInt64 = 30_000
    /// A file of certificate authorities.
    static let certificateBytesMax = 4 << 20
    /// How long a warning about one upstream, or about accepting, is not repeated.
    static let silenceMilliseconds: UInt64 = 10_000
    /// A secret in a file.
    static let secretBytesMax = 64 << 10
    /// A file of `/proc` or `/sys`.
    static let kernelTextBytesMax = 4 << 20
    /// Descriptors kept for what is not a client or an upstream.
    static let descriptorReserve = 64
    /// Between two samples of the host for `/stats`, while somebody asks.
    package static let statsIntervalMilliseconds: UInt64 = 1_000
    /// Between the first two, after which the use of the processors is known.
    package static let statsFirstIntervalMilliseconds: UInt64 = 100
    /// A sample that is older is no answer, unless there will be no other.
    package static let statsFreshMilliseconds: UInt64 = 3_000
    /// For how long after the last question samples are taken.
    package static let statsPatienceMilliseconds: UInt64 = 60_000
    /// Endpoints that are asked for their models at once.
    static let discoveryTransfersMax = 24
    /// The head of an endpoint's answer to that.
    static let discoveryHeadBytesMax = 64 << 10
    /// Its body.
    static let discoveryAnswerBytesMax = 4 << 20
    /// The object of a discovered model; beyond it the model is shown by its id alone.
    static let discoveredObjectBytesMax = 16 << 10
    /// Digits in a row in such an object; beyond it the same holds.
    static let discoveredDigitsMax = 300
    /// The objects of an endpoint's models; beyond it the rest are shown by their ids alone.
    static let discoveredEndpointBytesMax = 2 << 20
    /// The models of all endpoints; what does not fit is not listed.
    static let discoveredBytesMax = 8 << 20
    /// Between two catalogs of discovered models, and between two looks for whom to ask.
    static let discoveryPauseMilliseconds: UInt64 = 50
    /// Endpoints that are asked at once whether they are well.
    static let probesMax = 32
    /// An answer to a probe, of which the status alone counts.
    static let probeAnswerBytesMax = 4 << 20
    /// Between two looks for whom to ask.
    static let probePauseMilliseconds: UInt64 = 50
    /// Lists of models that a loop keeps ready.
    static let keptListBytesMax = 32 << 20
    /// Lists that clients of a loop have not taken yet; beyond it there is none.
    static let untakenListBytesMax = 128 << 20
}
