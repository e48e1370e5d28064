public import TableFormat

/// The methods that decide something; others go only where a pinned key leads.
public enum MethodClass: UInt8, Sendable {
    case get
    case head
    case post
    case options
    case trace
    case other
}

/// What stands at a path of the API.
///
/// A number, so that two are compared in an instruction.
public enum APIPath: UInt8, Sendable {
    /// `GET /health`: the process lives.
    case health
    /// `GET /ready`: a table serves, and nobody has asked to stop.
    case ready
    /// `GET /stats`: figures of the host.
    case stats
    /// `GET /v1/models`.
    case models
    /// `GET /v1/models/{id}`.
    case model
    /// `POST` with a JSON body that has a `model`.
    case inference
    /// `POST` with a form that has a part `model`, or with JSON as above.
    case formInference
    /// Nothing.
    case unknown

    /// What the client's path leads to.
    ///
    /// The path has no query and is known to be plain.
    ///
    /// The list holds the paths of the OpenAI API that carry `model` in their body, and those that
    /// llama.cpp and vLLM add to it. Paths beside it are reached with pinned keys only.
    @inlinable
    @inline(__always)
    public init(_ path: RawSpan) {
        guard path.byteCount >= 4, path.byte(0) == UInt8(ascii: "/") else {
            self = .unknown
            return
        }
        guard path.has("/v1/", at: 0) else {
            self =
                path.isExactly("/health")
                ? .health
                : path.isExactly("/ready")
                    ? .ready : path.isExactly("/stats") ? .stats : .unknown
            return
        }
        let rest = path.extracting(4..<path.byteCount)
        if APIPath.isInference(rest) {
            self = .inference
        } else if APIPath.isFormInference(rest) {
            self = .formInference
        } else if rest.isExactly("models") {
            self = .models
        } else if rest.has("models/", at: 0), rest.byteCount > 7 {
            self = .model
        } else {
            self = .unknown
        }
    }

    /// The byte of the path at which the id of `model` begins, behind `/v1/models/`.
    @inlinable public static var modelIDStart: Int { 11 }

    /// Paths below `/v1/`, told apart by their length first.
    @inlinable
    static func isInference(_ rest: RawSpan) -> Bool {
        switch rest.byteCount {
        case 5: rest.isExactly("score")
        case 6: rest.isExactly("rerank") || rest.isExactly("infill")
        case 7: rest.isExactly("pooling")
        case 8:
            rest.isExactly("classify") || rest.isExactly("messages")
                || rest.isExactly("tokenize")
        case 9: rest.isExactly("responses") || rest.isExactly("reranking")
        case 10: rest.isExactly("embeddings") || rest.isExactly("detokenize")
        case 11: rest.isExactly("completions") || rest.isExactly("moderations")
        case 12: rest.isExactly("audio/speech")
        case 16: rest.isExactly("chat/completions")
        case 18: rest.isExactly("images/generations")
        case 21: rest.isExactly("messages/count_tokens")
        default: false
        }
    }

    /// Those of them that take a form with a file.
    @inlinable
    static func isFormInference(_ rest: RawSpan) -> Bool {
        switch rest.byteCount {
        case 12: rest.isExactly("images/edits")
        case 17: rest.isExactly("images/variations")
        case 18: rest.isExactly("audio/translations")
        case 20: rest.isExactly("audio/transcriptions")
        default: false
        }
    }
}

extension RawSpan {
    /// Whether the bytes are those of an ASCII literal.
    @inlinable
    @inline(__always)
    func isExactly(_ text: StaticString) -> Bool {
        byteCount == text.utf8CodeUnitCount && has(text, at: 0)
    }

    /// Whether an ASCII literal stands at `offset`.
    @inlinable
    @inline(__always)
    func has(_ text: StaticString, at offset: Int) -> Bool {
        let count = text.utf8CodeUnitCount
        guard offset + count <= byteCount else {
            return false
        }
        // Eight bytes at a time: the loops unroll, and the literal's words are constants.
        var index = 0
        while index + 8 <= count {
            guard word(offset + index) == text.word(index, count: 8) else {
                return false
            }
            index += 8
        }
        while index < count {
            guard byte(offset + index) == UInt8(truncatingIfNeeded: text.word(index, count: 1))
            else {
                return false
            }
            index += 1
        }
        return true
    }
}

extension StaticString {
    /// Some of its bytes, eight at most, the first in the low end of a word.
    @inlinable
    @inline(__always)
    func word(_ offset: Int, count: Int) -> UInt64 {
        var word: UInt64 = 0
        var index = count
        while index > 0 {
            index &-= 1
            word = word &<< 8 | UInt64(unsafe utf8Start[offset &+ index])
        }
        return word
    }
}
