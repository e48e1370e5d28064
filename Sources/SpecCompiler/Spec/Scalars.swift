/// Reading of texts, lists, booleans and numbers (rule 1 of the language).
extension SpecDecoder {
    /// Whether a node is empty, `~` or `null`: what YAML calls null, in quotes or not.
    func isNull(_ node: Int) -> Bool {
        guard tree.kind(node) == .scalar else { return false }
        let bytes = tree.bytes(node)
        guard bytes.count <= 4 else { return false }
        return bytes.isEmpty || bytes.elementsEqual("~".utf8)
            || ["null", "Null", "NULL"].contains { bytes.elementsEqual($0.utf8) }
    }

    /// The text of a scalar that is not empty; `what` names it in messages.
    mutating func text(_ node: Int, _ what: String) -> Spanned<String>? {
        guard tree.kind(node) == .scalar else {
            findings.add(.notText(what, at: tree.span(node)))
            return nil
        }
        guard !isNull(node) else {
            findings.add(.emptyText(what, at: tree.span(node)))
            return nil
        }
        return Spanned(tree.text(node), at: tree.span(node))
    }

    /// The elements of a list; none where there is no node.
    mutating func list(_ node: Int?, _ what: String) -> [Int] {
        guard let node else { return [] }
        switch tree.kind(node) {
        case .sequence:
            return tree.children(of: node)
        case .scalar where isNull(node):
            findings.add(.emptyValue(what, at: tree.span(node)))
        case .scalar:
            let isSecret =
                SecretPlaces.soundsSecret(what.utf8)
                || !SecretTokens.find(in: tree.bytes(node)).isEmpty
            let inner = isSecret ? nil : source(of: node)
            findings.add(.notList(what, at: tree.span(node), text: inner))
        default:
            findings.add(.notList(what, at: tree.span(node), text: nil))
        }
        return []
    }

    /// Reads each element of a list with `read` and keeps what could be read.
    mutating func each<Value>(
        _ node: Int?, _ what: String, _ read: (inout SpecDecoder, Int) -> Value?
    ) -> [Value] {
        let nodes = list(node, what)
        var values: [Value] = []
        values.reserveCapacity(nodes.count)
        for node in nodes {
            if let value = read(&self, node) {
                values.append(value)
            }
        }
        return values
    }

    /// `true` or `false`.
    mutating func boolean(_ node: Int, _ what: String) -> Bool? {
        guard let text = text(node, what) else { return nil }
        switch text.value {
        case "true": return true
        case "false": return false
        default:
            findings.add(.notBoolean(what, text))
            return nil
        }
    }

    /// A whole number of `range`, without sign, point or grouping.
    mutating func number(
        _ node: Int, _ what: String, _ range: ClosedRange<UInt64>
    ) -> Spanned<UInt64>? {
        guard let text = text(node, what) else { return nil }
        guard text.value.utf8.allSatisfy(isDigit) else {
            findings.add(.notNumber(what, text))
            return nil
        }
        guard let value = UInt64(text.value), range.contains(value) else {
            findings.add(.numberOutOfRange(what, text, range))
            return nil
        }
        return Spanned(value, at: text.span)
    }

    /// The source text of a scalar, quotes included.
    func source(of node: Int) -> String {
        let span = tree.span(node)
        return String(decoding: tree.source.bytes[span.start..<span.end], as: UTF8.self)
    }
}

extension Diagnostic {
    static func emptyValue(_ what: String, at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .emptyValue, "\(what) has no value",
            at: Label(span, "empty, '~' and 'null' are nothing"),
            help: "write [] for none, or delete the line for the default")
    }

    /// An empty value where a mapping belongs.
    static func emptyMapping(_ what: String, at span: SourceSpan) -> Diagnostic {
        var diagnostic = emptyValue(what, at: span)
        diagnostic.help = "indent what belongs to it, or delete the line for the default"
        return diagnostic
    }

    /// An empty value where `[]` would be no better.
    fileprivate static func emptyText(_ what: String, at span: SourceSpan) -> Diagnostic {
        var diagnostic = emptyValue(what, at: span)
        if what == "a secret" {
            diagnostic.help = "write sha256:HEX, file:/path or env:NAME, or delete the whole key"
        } else if what.hasPrefix("the name of a") || what.hasPrefix("the URL of") {
            diagnostic.help = "write it, or delete what needs it"
        } else if what.hasPrefix("a matcher") || what.hasPrefix("a path") {
            diagnostic.help = "delete it from the list; [] is none"
        } else {
            diagnostic.help = "write a value, or delete the line for the default"
        }
        return diagnostic
    }

    fileprivate static func notText(_ what: String, at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .wrongShape, "\(what) is a text", at: Label(span, "this is a list or a mapping"))
    }

    fileprivate static func notList(
        _ what: String, at span: SourceSpan, text: String?
    ) -> Diagnostic {
        var diagnostic = Diagnostic(
            .wrongShape, "\(what) is a list", at: Label(span, "this is no list"))
        if let text, !text.contains("\n"), text.utf8.count <= 200 {
            var written = "[\(text)]"
            diagnostic.help = "a list of one is written \(written)"
            if text.hasPrefix("-"), !text.hasPrefix("--") {
                written = "- \(text.dropFirst())"
                diagnostic.help = "write a space behind the dash: \(written)"
            }
            diagnostic.fixIts = [FixIt(span, written, .machineApplicable)]
        } else {
            diagnostic.help = "a list is written [a, b], or each entry in a line after '- '"
        }
        return diagnostic
    }

    fileprivate static func notBoolean(_ what: String, _ text: Spanned<String>) -> Diagnostic {
        var diagnostic = Diagnostic(
            .badChoice, "\(what) is true or false, not \(quoted(text.value))", at: Label(text.span))
        switch text.value {
        case "yes", "Yes", "YES", "on", "On", "ON", "True", "TRUE", "y", "Y", "1":
            diagnostic.help = "write true"
            diagnostic.fixIts = [FixIt(text.span, "true", .machineApplicable)]
        case "no", "No", "NO", "off", "Off", "OFF", "False", "FALSE", "n", "N", "0", "none":
            diagnostic.help = "write false"
            diagnostic.fixIts = [FixIt(text.span, "false", .machineApplicable)]
        default:
            break
        }
        return diagnostic
    }

    fileprivate static func notNumber(_ what: String, _ text: Spanned<String>) -> Diagnostic {
        Diagnostic(
            .badNumber, "\(what) is a whole number, not \(quoted(text.value))",
            at: Label(text.span), help: "digits only, without sign, point, unit or grouping")
    }

    fileprivate static func numberOutOfRange(
        _ what: String, _ text: Spanned<String>, _ range: ClosedRange<UInt64>
    ) -> Diagnostic {
        Diagnostic(
            .badNumber,
            "\(what) is between \(range.lowerBound) and \(range.upperBound), "
                + "not \(quoted(text.value))",
            at: Label(text.span))
    }
}
