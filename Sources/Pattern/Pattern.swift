internal import CPCRE2

/// Why a pattern was refused, in PCRE2's words.
public struct PatternFault: Error, Equatable, Sendable {
    /// One phrase, as PCRE2 says it.
    public let message: String
    /// The byte of the pattern at which PCRE2 stopped.
    public let offset: Int
}

/// A compiled PCRE2 pattern that matches whole names (rule 2 of the language).
///
/// Compiled with `ANCHORED | ENDANCHORED | DOLLAR_ENDONLY | NEVER_BACKSLASH_C | UTF` and limits on
/// matching and depth; callouts and `(*VERB)`s are refused. JIT where the system allows it, the
/// interpreter elsewhere. Immutable after `init`; a `MatchScratch` is needed for each thread.
@safe public final class Pattern: @unchecked Sendable {
    // `@unchecked`: PCRE2 promises that a compiled pattern may be shared between threads
    // (pcre2api, MULTITHREADING); it is written in `init` only.
    private let code: OpaquePointer

    /// The longest pattern, in bytes.
    public static let maxBytes = 4096
    /// How many internal calls of match() one match may take.
    static let matchLimit: UInt32 = 100_000
    /// How deep a match may nest.
    static let depthLimit: UInt32 = 1_000

    /// Compiles `source`; the error says where PCRE2 stopped.
    public init(_ source: String) throws(PatternFault) {
        if let fault = Pattern.forbidden(source) {
            throw fault
        }
        let options =
            PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C
            | UInt32(PCRE2_UTF) | PCRE2_NEVER_UCP
        var errorCode: CInt = 0
        var errorOffset = 0
        let compiled = unsafe source.utf8CString.withUnsafeBufferPointer { text in
            unsafe text.withMemoryRebound(to: UInt8.self) { bytes in
                unsafe pcre2_compile_8(
                    bytes.baseAddress, bytes.count - 1, options, &errorCode, &errorOffset, nil)
            }
        }
        guard let compiled = unsafe compiled else {
            throw PatternFault(message: Pattern.describe(errorCode), offset: errorOffset)
        }
        unsafe code = compiled
        // A refusal (SELinux, no executable memory) leaves the interpreter, which is slower only.
        _ = unsafe pcre2_jit_compile_8(code, UInt32(PCRE2_JIT_COMPLETE))
    }

    deinit {
        unsafe pcre2_code_free_8(code)
    }

    /// Whether `name` matches as a whole.
    ///
    /// A match that runs into its limits does not.
    public func matches(_ name: RawSpan, scratch: borrowing MatchScratch) -> Bool {
        unsafe name.withUnsafeBytes { bytes in
            let subject = unsafe bytes.assumingMemoryBound(to: UInt8.self)
            // PCRE2 wants a valid pointer for the empty subject too.
            var nothing: UInt8 = 0
            return unsafe withUnsafePointer(to: &nothing) { empty in
                unsafe pcre2_match_8(
                    code, subject.baseAddress ?? empty, subject.count, 0, 0, scratch.data,
                    scratch.context) >= 0
            }
        }
    }

    /// Finds what PCRE2 would accept and the language does not: callouts and verbs.
    private static func forbidden(_ source: String) -> PatternFault? {
        let bytes = Array(source.utf8)
        if bytes.count > maxBytes {
            return PatternFault(message: "pattern is longer than 4096 bytes", offset: maxBytes)
        }
        var index = 0
        while index + 1 < bytes.count {
            switch (bytes[index], bytes[index + 1]) {
            case (UInt8(ascii: "\\"), _):
                index += 2
                continue
            case (UInt8(ascii: "("), UInt8(ascii: "*")):
                return PatternFault(message: "(*...) verbs are not allowed", offset: index)
            case (UInt8(ascii: "("), UInt8(ascii: "?"))
            where index + 2 < bytes.count && bytes[index + 2] == UInt8(ascii: "C"):
                return PatternFault(message: "callouts are not allowed", offset: index)
            default:
                index += 1
            }
        }
        return nil
    }

    private static func describe(_ code: CInt) -> String {
        var text = [UInt8](repeating: 0, count: 256)
        let count = unsafe text.withUnsafeMutableBufferPointer {
            unsafe pcre2_get_error_message_8(code, $0.baseAddress, $0.count)
        }
        return String(decoding: text.prefix(max(0, Int(count))), as: UTF8.self)
    }
}

/// What a match needs beside the pattern: one for each thread that matches.
@safe public struct MatchScratch: ~Copyable {
    let data: OpaquePointer
    let context: OpaquePointer

    /// Allocates the scratch; traps where memory is exhausted.
    public init() {
        guard let data = unsafe pcre2_match_data_create_8(1, nil),
            let context = unsafe pcre2_match_context_create_8(nil)
        else {
            preconditionFailure("memory is exhausted")
        }
        unsafe self.data = data
        unsafe self.context = context
        unsafe pcre2_set_match_limit_8(context, Pattern.matchLimit)
        unsafe pcre2_set_depth_limit_8(context, Pattern.depthLimit)
    }

    deinit {
        unsafe pcre2_match_data_free_8(data)
        unsafe pcre2_match_context_free_8(context)
    }
}
