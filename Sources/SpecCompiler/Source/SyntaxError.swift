/// Where libyaml gave up, in words that say what to mend.
///
/// libyaml tells what it expected, which is seldom what is wrong: a line that is indented by one
/// space too many is noticed at the colon after it. So the lines around are looked at. Nothing of
/// them is quoted, as it could be a secret; places say enough.
struct SyntaxError {
    let problem: String
    /// What libyaml was reading, and where that begins.
    let context: (text: String, span: SourceSpan)?
    let place: SourceSpan
    let lines: LineTexts

    init(
        _ problem: String, context: (text: String, span: SourceSpan)?, at place: SourceSpan,
        in source: SourceFile
    ) {
        self.problem = problem
        self.context = context
        self.place = place
        lines = LineTexts(bytes: source.bytes, file: place.file)
    }

    /// What was probably meant; libyaml's own words only where nothing better is known.
    func diagnostic() -> Diagnostic {
        mergeMark() ?? tightDash() ?? strangeSign() ?? openQuote() ?? known()
            ?? .unknownSyntax(problem, context, at: place)
    }

    private func known() -> Diagnostic? {
        switch problem {
        case "mapping values are not allowed in this context": colon()
        case "could not find expected ':'": keyWithoutColon()
        case "did not find expected key", "did not find expected <document start>": key()
        case "did not find expected '-' indicator": dash()
        case "did not find expected ',' or ']'", "did not find expected ',' or '}'": bracket()
        case "did not find expected node content": valueMissing()
        case "block sequence entries are not allowed in this context": dashInLine()
        case "did not find expected alphabetic or numeric character":
            .aliasSign(at: place, quoting(context?.span.start ?? place.start))
        case "found unknown escape character": .unknownEscape(at: place, plainBackslash())
        case "found undefined tag handle", "did not find expected tag URI",
            "did not find expected '!'", "did not find expected whitespace or line break":
            lines.byte(context?.span.start ?? place.start) == UInt8(ascii: "!")
                ? tagSign(at: context?.span ?? place) : nil
        case "found character that cannot start any token": reservedSign()
        case "found a tab character that violates indentation",
            "found a tab character where an indentation space is expected":
            tab(at: tabPlace() ?? place)
        default: nil
        }
    }

    // MARK: - Causes

    /// A mark of a merge in one of the lines around.
    private func mergeMark() -> Diagnostic? {
        guard let line = linesAround.first(where: { MergeConflict.mark(at: $0, in: lines) != nil })
        else {
            return nil
        }
        let end = lines.line(after: line) ?? lines.count
        return .mergeMark(at: lines.span(line, line + 7), deletion(line, end))
    }

    /// A dash without a space behind it in one of the lines around.
    private func tightDash() -> Diagnostic? {
        // The first of several: repairs go forward.
        linesAround.sorted().lazy.compactMap { line in
            let look = FlowLook(lines, at: line)
            return look.isFlow || look.quote != nil ? nil : lines.tightDash(line)
        }.first.map { .tightDash(at: $0) }
    }

    /// The line where reading stopped, the one before, and the one where it began what it read.
    private var linesAround: [Int] {
        let line = lines.start(of: place.start)
        return [line, lines.contentBefore(line), context.map { lines.start(of: $0.span.start) }]
            .compactMap(\.self)
    }

    /// A character that looks like another, on the line where reading stopped or the one before.
    private func strangeSign() -> Diagnostic? {
        let line = lines.start(of: place.start)
        let first = lines.contentBefore(line) ?? line
        return lines.strangeSign(in: first..<lines.end(of: place.start)).map {
            .strangeSign($0.name, at: $0.span, plainSigns(from: $0.span.start))
        }
    }

    /// A quote that is never closed, or by the next quote on a later line only.
    private func openQuote() -> Diagnostic? {
        if let context, context.text.hasSuffix("a quoted scalar"),
            problem.hasPrefix("found unexpected")
        {
            return .openQuote(at: context.span, noticed: place, closingQuote(context.span))
        }
        guard !problem.contains("escape"), let quote = lines.oddQuote(before: place) else {
            return nil
        }
        return .openQuote(at: quote, noticed: place, closingQuote(quote))
    }

    private func colon() -> Diagnostic {
        let line = lines.start(of: place.start)
        let isFirst = !lines.hasColon(line..<place.start)
        guard isFirst, let before = lines.contentBefore(line) else {
            return secondColon()
        }
        if let mistake = colonMistake(before) { return mistake }
        let (own, other) = (lines.keyColumn(line), lines.keyColumn(before))
        guard own > other else { return secondColon() }
        if let mistake = tooShallow(before, own, other, line) { return mistake }
        let fixes = shifting(line, by: other - own) { lines.indentation($0) >= own }
        return .tooDeep(
            by: own - other, at: lines.span(line + other, line + own),
            before: lines.contentSpan(before), fixes)
    }

    /// The line before, where it is the first below its key and stands between two columns of
    /// indentation, which `line` does not.
    private func tooShallow(_ before: Int, _ own: Int, _ other: Int, _ line: Int) -> Diagnostic? {
        guard let opening = lines.contentBefore(before), lines.opensBlock(opening),
            lines.keyColumn(before) == lines.indentation(before)
        else {
            return nil
        }
        let column = lines.keyColumn(opening)
        guard other > column, (other - column) % 2 == 1, (own - column) % 2 == 0 else { return nil }
        let fixes = shifting(before, by: own - other) { $0 < line }
        return .otherIndentation(
            other, own, at: lines.contentSpan(before), with: lines.span(line + own, line + own + 1),
            fixes)
    }

    private func secondColon() -> Diagnostic {
        let isForm = lines.isForm(before: place.start)
        let word = lines.bytes[min(place.end, lines.count)...].firstIndex { $0 != 0x20 }
        let fixes =
            isForm ? deletion(place.end, word ?? place.end) : quotingValue(at: place.start)
        return .secondColon(at: place, isForm: isForm, fixes)
    }

    private func keyWithoutColon() -> Diagnostic? {
        guard let context else { return nil }
        return colonMistake(lines.start(of: context.span.start))
            ?? noColon(at: lines.contentSpan(lines.start(of: context.span.start)))
    }

    private func noColon(at span: SourceSpan) -> Diagnostic {
        .noColon(at: span, keyColon(span))
    }

    /// A line without a colon, or without the space after it.
    private func colonMistake(_ line: Int) -> Diagnostic? {
        let content = lines.contentSpan(line)
        if let colon = lines.tightColon(line) {
            return .tightColon(at: colon, insertion(" ", at: colon.end))
        }
        return lines.hasColon(line..<lines.contentEnd(line)) || lines.isPlainItem(line)
            ? nil : noColon(at: content)
    }

    /// A line that belongs to no mapping, or something behind a value.
    private func key() -> Diagnostic? {
        let line = lines.start(of: place.start)
        guard lines.isFirst(place.start) else { return afterValue() }
        let own = place.start - line
        let before = lines.contentBefore(line)
        if let before, let mistake = colonMistake(before) { return mistake }
        let start = context?.span.start ?? before.map { $0 + lines.indentation($0) } ?? line
        let wanted = start - lines.start(of: start)
        guard own != wanted else { return nil }
        return otherIndentation(
            line, own, wanted, with: SourceSpan(file: place.file, start: start, end: start + 1))
    }

    private func otherIndentation(
        _ line: Int, _ own: Int, _ wanted: Int, with other: SourceSpan
    ) -> Diagnostic {
        let fixes = shifting(line, by: wanted - own) {
            let indentation = lines.indentation($0)
            return own < wanted ? indentation == own : indentation >= own
        }
        return .otherIndentation(own, wanted, at: lines.contentSpan(line), with: other, fixes)
    }

    private func dash() -> Diagnostic? {
        guard let context, lines.isFirst(place.start) else { return nil }
        let line = lines.start(of: place.start)
        let list = context.span.start - lines.start(of: context.span.start)
        if let before = lines.contentBefore(line), place.start - line > list {
            if let mistake = colonMistake(before) { return mistake }
            let isItem = lines.keyColumn(line) > lines.indentation(line)
            let wanted = isItem ? lines.indentation(before) : lines.keyColumn(before)
            if wanted != place.start - line {
                return otherIndentation(
                    line, place.start - line, wanted, with: lines.contentSpan(before))
            }
        }
        let own = place.start - line
        let fixes = shifting(line, by: 2) {
            let isItem = lines.keyColumn($0) > lines.indentation($0)
            return lines.indentation($0) > own || lines.indentation($0) == own && !isItem
        }
        return .dashMissing(at: lines.contentSpan(place.start), list: context.span, fixes)
    }

    private func dashInLine() -> Diagnostic {
        let look = FlowLook(lines, at: place.start)
        guard let opening = look.open.last, lines.isFirst(place.start) else {
            return .dashInLine(at: place, bracketsForDash())
        }
        return .openBracket(
            lines.byte(opening) == UInt8(ascii: "[") ? "]" : "}",
            at: lines.span(opening, opening + 1), noticed: place, closingBrackets(opening))
    }

    private func valueMissing() -> Diagnostic {
        let isComma = lines.byte(place.start) == UInt8(ascii: ",")
        return .valueMissing(at: place, isComma ? deletion(place.start, place.end) : [])
    }

    private func afterValue() -> Diagnostic {
        let isBracket = [UInt8(ascii: "]"), UInt8(ascii: "}")].contains(lines.byte(place.start))
        let fixes =
            isBracket ? deletion(place.start, place.end) : quotingValue(at: place.start)
        return .afterValue(at: place, fixes)
    }

    private func tagSign(at sign: SourceSpan) -> Diagnostic {
        .tagSign(at: sign, quoting(sign.start))
    }

    private func tab(at tab: SourceSpan) -> Diagnostic {
        .tab(at: tab, spaces(from: lines.start(of: tab.start)))
    }

    private func bracket() -> Diagnostic? {
        guard let context else { return nil }
        let close = problem.contains("']'") ? "]" : "}"
        let isNear = lines.start(of: context.span.start) == lines.start(of: place.start)
        if isNear, lines.byte(place.start) == UInt8(ascii: ":") {
            return keyWithoutComma(in: context.span) ?? secondColon()
        }
        let found = lines.byte(place.start)
        if isNear, found == UInt8(ascii: "]") || found == UInt8(ascii: "}"),
            !isClosing(outside: context.span.start, found)
        {
            let fix = Diagnostic.FixIt(place, close, .maybeIncorrect)
            return .otherBracket(close, at: place, opening: context.span, [fix])
        }
        return isNear && place.start < lines.count
            ? .commaMissing(close, at: place, opening: context.span, missingComma(close))
            : .openBracket(
                close, at: context.span, noticed: place, closingBrackets(context.span.start))
    }

    /// A key of the language behind a value, where a comma would have ended that.
    private func keyWithoutComma(in opening: SourceSpan) -> Diagnostic? {
        guard lines.byte(opening.start) == UInt8(ascii: "{") else { return nil }
        let line = lines.bytes[lines.start(of: place.start)..<place.start]
        guard let gap = line.lastIndex(where: { !isLetter($0) && $0 != UInt8(ascii: "_") }),
            lines.byte(gap) == UInt8(ascii: " ")
        else {
            return nil
        }
        let word = line[(gap + 1)...]
        guard SpecKeys.all.contains(where: { $0.name.utf8.elementsEqual(word) }) else { return nil }
        var end = gap
        while end > opening.end, lines.byte(end - 1) == UInt8(ascii: " ") { end -= 1 }
        guard let last = lines.byte(end - 1), !":,{[".utf8.contains(last) else { return nil }
        return .commaMissing(
            "}", at: lines.span(word.startIndex, word.endIndex), opening: opening,
            insertion(",", at: end))
    }

    /// Whether a bracket ends what stands around the one that is open.
    private func isClosing(outside opening: Int, _ byte: UInt8?) -> Bool {
        let opens = byte == UInt8(ascii: "]") ? UInt8(ascii: "[") : UInt8(ascii: "{")
        let look = FlowLook(lines, at: opening)
        return look.open.last.map { lines.byte($0) == opens } ?? false
    }

    private func reservedSign() -> Diagnostic? {
        guard let byte = lines.byte(place.start) else { return nil }
        if byte == UInt8(ascii: "\t") { return tab(at: place) }
        return .reservedSign(
            Character(Unicode.Scalar(byte)), at: place, quoting(place.start))
    }

    private func tabPlace() -> SourceSpan? {
        let line = lines.start(of: place.start)
        return lines.first(UInt8(ascii: "\t"), in: line..<lines.end(of: line)).map {
            lines.span($0, $0 + 1)
        }
    }
}

extension Diagnostic {
    private static func syntax(
        _ what: String, at span: SourceSpan, _ label: String, also other: [Label] = [],
        help: String?, _ fixes: [FixIt] = []
    ) -> Diagnostic {
        Diagnostic(
            .syntax, "this is not YAML: \(what)", at: Label(span, label), also: other, help: help,
            fixIts: fixes)
    }

    private static func noticed(_ span: SourceSpan, _ first: SourceSpan) -> [Label] {
        span.start <= first.start ? [] : [Label(span, "noticed here")]
    }

    fileprivate static func unknownSyntax(
        _ problem: String, _ context: (text: String, span: SourceSpan)?, at span: SourceSpan
    ) -> Diagnostic {
        var diagnostic = syntax("reading stopped", at: span, "here", help: nil)
        if let context, context.span != span {
            diagnostic.secondary = [Label(context.span, context.text)]
        }
        diagnostic.notes = ["libyaml says: \(problem)"]
        return diagnostic
    }

    fileprivate static func strangeSign(
        _ name: String, at span: SourceSpan, _ fixes: [FixIt]
    ) -> Diagnostic {
        syntax(
            "here is \(name)", at: span, "not what it looks like",
            help: "write the plain sign from the keyboard", fixes)
    }

    fileprivate static func openQuote(
        at span: SourceSpan, noticed: SourceSpan, _ fixes: [FixIt]
    ) -> Diagnostic {
        syntax(
            "a quote is not closed", at: span, "opened here",
            also: self.noticed(noticed, span), help: "close it at the end of its text", fixes)
    }

    fileprivate static func openBracket(
        _ close: String, at span: SourceSpan, noticed: SourceSpan, _ fixes: [FixIt]
    ) -> Diagnostic {
        syntax(
            "a bracket is not closed", at: span, "opened here",
            also: self.noticed(noticed, span),
            help: "write the missing '\(close)', or the ',' between two of its values", fixes)
    }

    fileprivate static func otherBracket(
        _ close: String, at span: SourceSpan, opening: SourceSpan, _ fixes: [FixIt]
    ) -> Diagnostic {
        syntax(
            "brackets come in pairs, and this closes another than was opened", at: span,
            "'\(close)' belongs here", also: [Label(opening, "opened here")],
            help: "write '\(close)'", fixes)
    }

    fileprivate static func commaMissing(
        _ close: String, at span: SourceSpan, opening: SourceSpan, _ fixes: [FixIt]
    ) -> Diagnostic {
        syntax(
            "a ',' or '\(close)' is missing", at: span, "before this",
            also: [Label(opening, "inside of this")],
            help: "a text that holds brackets, commas or quotes goes in single quotes as a whole",
            fixes)
    }

    fileprivate static func secondColon(
        at span: SourceSpan, isForm: Bool, _ fixes: [FixIt]
    ) -> Diagnostic {
        syntax(
            "a second colon in one line", at: span, "this one",
            help: isForm
                ? "delete the space after it: a secret is one word"
                : "a text that holds a colon and a space goes in quotes", fixes)
    }

    fileprivate static func tightColon(at span: SourceSpan, _ fixes: [FixIt]) -> Diagnostic {
        syntax(
            "a colon without a space after it", at: span, "this one",
            help: "write a space between the colon and the value", fixes)
    }

    fileprivate static func noColon(at span: SourceSpan, _ fixes: [FixIt]) -> Diagnostic {
        syntax(
            "a key without a colon", at: span, "no colon in this line",
            help: "write 'key: value', or 'key:' with what belongs to it below", fixes)
    }

    fileprivate static func tooDeep(
        by count: Int, at span: SourceSpan, before: SourceSpan, _ fixes: [FixIt]
    ) -> Diagnostic {
        syntax(
            "this line is indented deeper than the one before", at: span,
            "\(counted(count, "space")) too many", also: [Label(before, "has its value already")],
            help: "keys of one mapping begin in one column", fixes)
    }

    fileprivate static func otherIndentation(
        _ own: Int, _ wanted: Int, at span: SourceSpan, with other: SourceSpan, _ fixes: [FixIt]
    ) -> Diagnostic {
        syntax(
            "this line is indented by \(counted(own, "space")), "
                + "and what it belongs to by \(wanted)",
            at: span, "stands under nothing", also: [Label(other, "begins here")],
            help: "keys of one mapping begin in one column", fixes)
    }

    fileprivate static func dashMissing(
        at span: SourceSpan, list: SourceSpan, _ fixes: [FixIt]
    ) -> Diagnostic {
        syntax(
            "this line stands in a list and has no '-'", at: span, "in the column of the dashes",
            also: [Label(list, "the list")],
            help: "indent it under the entry that it belongs to, or begin it with '- '", fixes)
    }

    fileprivate static func afterValue(at span: SourceSpan, _ fixes: [FixIt]) -> Diagnostic {
        syntax(
            "something stands behind a value", at: span, "from here",
            help: "put the whole value in one pair of quotes, or begin a new line", fixes)
    }

    fileprivate static func valueMissing(at span: SourceSpan, _ fixes: [FixIt]) -> Diagnostic {
        syntax(
            "a value is missing", at: span, "before this",
            help: "a comma too many? a text that begins with this sign goes in quotes", fixes)
    }

    fileprivate static func dashInLine(at span: SourceSpan, _ fixes: [FixIt]) -> Diagnostic {
        syntax(
            "a list with dashes begins on a line of its own", at: span, "this dash",
            help: "in one line a list is written [a, b]", fixes)
    }

    fileprivate static func aliasSign(at span: SourceSpan, _ fixes: [FixIt]) -> Diagnostic {
        var sign = span
        if let fix = fixes.first, fix.span.start < span.start {
            sign.start = fix.span.start
            sign.end = fix.span.start + 1
        }
        return syntax(
            "a '*' or '&' without quotes begins an alias or anchor", at: sign,
            "not the name of one",
            help: quotedForm(fixes) ?? "a text that begins with * or & goes in single quotes: '*'",
            fixes)
    }

    /// What to write, where that is short and one text in quotes.
    private static func quotedForm(_ fixes: [FixIt]) -> String? {
        guard fixes.count == 1, let text = fixes.first?.replacement, text.utf8.count <= 80,
            text.hasPrefix("'"), text.hasSuffix("'"), !text.contains("\n")
        else {
            return nil
        }
        return "write \(text)"
    }

    fileprivate static func tagSign(at span: SourceSpan, _ fixes: [FixIt]) -> Diagnostic {
        syntax(
            "a '!' without quotes begins a tag", at: span, "this one",
            help: "a text that begins with ! goes in single quotes", fixes)
    }

    fileprivate static func unknownEscape(at span: SourceSpan, _ fixes: [FixIt]) -> Diagnostic {
        syntax(
            "a backslash in double quotes begins an escape", at: span, "there is no such escape",
            help: quotedForm(fixes) ?? "in single quotes it means nothing: 're:\\d+'", fixes)
    }

    fileprivate static func tab(at span: SourceSpan, _ fixes: [FixIt]) -> Diagnostic {
        syntax(
            "a tab in the indentation", at: span, "a tab",
            help: "YAML is indented with spaces, never with tabs", fixes)
    }

    fileprivate static func reservedSign(
        _ sign: Character, at span: SourceSpan, _ fixes: [FixIt]
    ) -> Diagnostic {
        syntax(
            "no text without quotes begins with \(quoted(String(sign)))", at: span, "this sign",
            help: "put the text in single quotes", fixes)
    }
}
