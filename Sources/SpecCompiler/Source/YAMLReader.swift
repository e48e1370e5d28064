// The only file that calls libyaml. Events become nodes at once; nothing of it outlives `read`.
//
// Marks of libyaml count characters, not bytes; `MarkCursor` turns them into bytes. Its events are
// nearly in order, so the cursor walks a few characters at a time.

internal import CLibYAML

/// Reads YAML into a tree of nodes.
///
/// A syntax error is repaired in a copy of the text, which is read from its beginning again: what
/// its fix-its say was meant. Where that does not lead further, the tree ends at the error.
enum YAMLReader {
    /// How many mistakes of one source are repaired.
    static let maxRepairs = 20

    /// The nodes of `source`, as far as it could be read; their places are those of `source`.
    static func read(_ source: SourceFile, file: Int, findings: inout Findings) -> NodeTree {
        var repairs = Repairs(source, file: file)
        var attempt = read(repairs.text, file)
        for _ in 0..<maxRepairs {
            let dashes = attempt.fault == nil ? TightDashes.find(in: attempt.tree) : []
            guard !dashes.isEmpty || attempt.fault?.code == .syntax,
                let next = repairs.next(attempt.fault, dashes, read)
            else {
                break
            }
            attempt = next
        }
        if let fault = attempt.fault { repairs.end(at: fault) }
        for finding in repairs.findings { findings.add(finding) }
        findings.add(contentsOf: attempt.findings)
        attempt.tree.repairs = repairs.places
        attempt.tree.doubts = repairs.doubts
        return attempt.tree
    }

    /// What came of reading a text once.
    struct Attempt {
        var tree: NodeTree
        var findings: Findings
        /// Why the tree is not whole; its places are those of the copy that was read.
        var fault: Diagnostic?
    }

    private static func read(_ text: RepairedText, _ file: Int) -> Attempt {
        var builder = TreeBuilder(text.source, file: file)
        var findings = Findings()
        let copy = text.copy
        // An empty array has no address to give to libyaml, and no nodes.
        let fault = copy.bytes.isEmpty ? nil : build(text, copy, file, &builder, &findings)
        let tree = builder.finish(isComplete: fault == nil)
        return Attempt(tree: tree, findings: findings, fault: fault)
    }

    private static func build(
        _ repaired: RepairedText, _ source: SourceFile, _ file: Int,
        _ builder: inout TreeBuilder, _ findings: inout Findings
    ) -> Diagnostic? {
        // The buffer outlives the parser, which keeps its address.
        unsafe source.bytes.withUnsafeBufferPointer { bytes in
            // A byte order mark is no character of the text, so libyaml must not count it.
            let text = unsafe UnsafeBufferPointer(rebasing: bytes[source.markWidth...])
            var parser = unsafe EventParser(text)
            var cursor = MarkCursor(source)
            while true {
                var event = unsafe yaml_event_t()
                guard unsafe parser.next(&event) else {
                    return parser.fault(in: source, file: file, cursor: &cursor)
                }
                defer { unsafe yaml_event_delete(&event) }
                let start = cursor.byte(of: Int(unsafe event.start_mark.index))
                let end = cursor.byte(of: Int(unsafe event.end_mark.index))
                let span = SourceSpan(file: file, start: min(start, end), end: max(start, end))
                if unsafe event.type == YAML_STREAM_END_EVENT { return nil }
                let place = Place(
                    span: repaired.original(span),
                    isRepaired: repaired.touches(span.start..<span.end))
                if let fault = unsafe take(event, place, &builder, &findings) {
                    return fault
                }
            }
        }
    }

    /// Where an event is in the source, and whether something was repaired in it.
    private struct Place {
        var span: SourceSpan
        var isRepaired: Bool
    }

    private static func take(
        _ event: yaml_event_t, _ place: Place, _ builder: inout TreeBuilder,
        _ findings: inout Findings
    ) -> Diagnostic? {
        let span = place.span
        switch unsafe event.type {
        case YAML_SCALAR_EVENT:
            unsafe scalar(event.data.scalar, place, &builder, &findings)
            return nil
        case YAML_SEQUENCE_START_EVENT:
            let data = unsafe event.data.sequence_start
            unsafe refuseTag(data.tag != nil, span, &findings)
            let isFlow = unsafe data.style == YAML_FLOW_SEQUENCE_STYLE
            return unsafe builder.begin(
                .sequence, style: isFlow ? .flowCollection : .blockCollection, at: span,
                anchor: name(data.anchor))
        case YAML_MAPPING_START_EVENT:
            let data = unsafe event.data.mapping_start
            unsafe refuseTag(data.tag != nil, span, &findings)
            let isFlow = unsafe data.style == YAML_FLOW_MAPPING_STYLE
            return unsafe builder.begin(
                .mapping, style: isFlow ? .flowCollection : .blockCollection, at: span,
                anchor: name(data.anchor))
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT:
            builder.end(at: span.end, findings: &findings)
            return nil
        case YAML_ALIAS_EVENT:
            let name = unsafe name(event.data.alias.anchor) ?? ""
            return builder.alias(name, at: span, findings: &findings)
        case YAML_DOCUMENT_START_EVENT:
            return builder.tree.root == nil ? nil : .secondDocument(at: span)
        default:
            return nil
        }
    }

    private static func scalar(
        _ data: yaml_event_s.__Unnamed_union_data.__Unnamed_struct_scalar, _ place: Place,
        _ builder: inout TreeBuilder, _ findings: inout Findings
    ) {
        unsafe refuseTag(data.tag != nil, place.span, &findings)
        let style: Node.Style =
            switch unsafe data.style {
            case YAML_SINGLE_QUOTED_SCALAR_STYLE: .singleQuoted
            case YAML_DOUBLE_QUOTED_SCALAR_STYLE: .doubleQuoted
            case YAML_LITERAL_SCALAR_STYLE, YAML_FOLDED_SCALAR_STYLE: .block
            default: .plain
            }
        let text = unsafe UnsafeBufferPointer(start: data.value, count: Int(data.length))
        unsafe builder.scalar(
            text.span, style: style, at: place.span, anchor: name(data.anchor),
            isRepaired: place.isRepaired)
    }

    private static func refuseTag(
        _ isTagged: Bool, _ span: SourceSpan, _ findings: inout Findings
    ) {
        if isTagged { findings.add(.tagged(at: span)) }
    }

    /// The text of a name of libyaml, where there is one.
    fileprivate static func name(_ text: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        guard let text = unsafe text else { return nil }
        return unsafe String(cString: text)
    }
}

/// Owner of a libyaml parser over bytes that outlive it.
@safe private struct EventParser: ~Copyable {
    private let parser: UnsafeMutablePointer<yaml_parser_t>

    @unsafe init(_ bytes: UnsafeBufferPointer<UInt8>) {
        unsafe parser = .allocate(capacity: 1)
        let isReady = unsafe yaml_parser_initialize(parser)
        precondition(isReady == 1, "libyaml has no memory")
        unsafe yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
        unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    }

    deinit {
        unsafe yaml_parser_delete(parser)
        unsafe parser.deallocate()
    }

    /// Reads the next event into `event`; false at a syntax error.
    mutating func next(_ event: inout yaml_event_t) -> Bool {
        unsafe yaml_parser_parse(parser, &event) == 1
    }

    /// What libyaml says of the error it stopped at.
    borrowing func fault(
        in source: SourceFile, file: Int, cursor: inout MarkCursor
    ) -> Diagnostic {
        let state = unsafe parser.pointee
        precondition(unsafe state.error != YAML_MEMORY_ERROR, "libyaml has no memory")
        let problem = unsafe String(cString: state.problem)
        if unsafe state.error == YAML_READER_ERROR {
            let offset = unsafe Int(state.problem_offset) + source.markWidth
            let start = min(offset, source.bytes.count)
            return .badCharacter(
                at: SourceSpan(file: file, start: start, end: min(start + 1, source.bytes.count)),
                isASCII: source.bytes[start...].first.map { $0 < 0x80 } ?? false)
        }
        let place = cursor.byte(of: unsafe Int(state.problem_mark.index))
        let end = min(place + 1, source.bytes.count)
        let span = SourceSpan(file: file, start: min(place, end), end: end)
        guard let context = unsafe state.context else {
            return SyntaxError(problem, context: nil, at: span, in: source).diagnostic()
        }
        let opening = cursor.byte(of: unsafe Int(state.context_mark.index))
        let openingEnd = min(opening + 1, source.bytes.count)
        let openingSpan = SourceSpan(file: file, start: min(opening, openingEnd), end: openingEnd)
        return SyntaxError(
            problem, context: (unsafe String(cString: context), openingSpan), at: span, in: source
        ).diagnostic()
    }
}

/// Turns counts of characters into offsets of bytes, forwards and back from the last one.
private struct MarkCursor {
    private let bytes: [UInt8]
    private let isASCII: Bool
    /// The first byte that is counted.
    private let first: Int
    private var character = 0
    private var offset: Int

    init(_ source: SourceFile) {
        bytes = source.bytes
        first = source.markWidth
        offset = first
        isASCII = bytes.allSatisfy { $0 < 0x80 }
    }

    mutating func byte(of target: Int) -> Int {
        if isASCII { return min(target, bytes.count) }
        while character < target, offset < bytes.count {
            offset += 1
            while offset < bytes.count, bytes[offset] & 0xC0 == 0x80 { offset += 1 }
            character += 1
        }
        while character > target, offset > first {
            offset -= 1
            while offset > first, bytes[offset] & 0xC0 == 0x80 { offset -= 1 }
            character -= 1
        }
        return offset
    }
}

extension Diagnostic {
    fileprivate static func badCharacter(at span: SourceSpan, isASCII: Bool) -> Diagnostic {
        Diagnostic(
            .syntax, "this is not YAML: control characters are not allowed",
            at: Label(span, "a control character"),
            help: "delete it, or write it as an escape in double quotes",
            fixIts: isASCII ? [FixIt(span, "", .maybeIncorrect)] : [])
    }

    /// The tag is not quoted: who forgot a quote before a '!' may have written a secret.
    fileprivate static func tagged(at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .tagged, "a spec has no YAML tags, and this value has one", at: Label(span),
            help: "delete the tag: the key says how its value is read")
    }

    fileprivate static func secondDocument(at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .secondDocument, "a spec is one YAML document, and a second one begins here",
            at: Label(span), help: "put each spec into a file of its own")
    }
}
