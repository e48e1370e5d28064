internal import TableFormat

/// `health`: how endpoints are asked whether they are well.
extension SpecDecoder {
    /// What `health` of a mapping says.
    mutating func health(_ fields: Fields, _ owner: String) -> SpecDocument.Health {
        guard let node = fields["health"], let span = fields.keySpan("health") else {
            return .inherited
        }
        let standard = "{ interval: 10s, timeout: 2s, fall: 3, rise: 2 }"
        if let isNone = isNone(node, "health", standard: standard) {
            return isNone ? .off(span) : .inherited
        }
        guard let fields = self.fields(of: node, as: SpecShapes.health, "health") else {
            return .inherited
        }
        return .on(
            SpecDocument.Probes(
                path: fields["path"].flatMap { healthPath($0) },
                interval: milliseconds(
                    fields, "interval", of: "health", HealthRecord.intervalRange),
                timeout: milliseconds(fields, "timeout", of: "health", HealthRecord.timeoutRange),
                fall: healthCount(fields, "fall"), rise: healthCount(fields, "rise"),
                span: span))
    }

    private mutating func healthCount(_ fields: Fields, _ name: String) -> UInt16? {
        let range = HealthRecord.countRange
        return fields[name].flatMap {
            number($0, "health.\(name)", UInt64(range.lowerBound)...UInt64(range.upperBound))
        }.map { UInt16($0.value) }
    }

    private mutating func healthPath(_ node: Int) -> String? {
        guard let text = text(node, "health.path") else { return nil }
        let bytes = Array(text.value.utf8)
        guard HealthRecord.isPath(bytes.rawSpan) else {
            findings.add(.badHealthPath(text))
            return nil
        }
        return text.value
    }
}

extension Diagnostic {
    /// R347: what cannot stand in the first line of a request.
    fileprivate static func badHealthPath(_ text: Spanned<String>) -> Diagnostic {
        var diagnostic = Diagnostic(
            .badHealthPath,
            "health.path is a path from / in plain ASCII, not \(quoted(text.value))",
            at: Label(text.span))
        if text.value == "none" {
            diagnostic.help = "health: none asks nobody; without the line it is that of the kind"
        } else if text.value.contains("://") {
            diagnostic.help = "host and port are those of the endpoint's URL"
        } else if text.value.utf8.count > Int(HealthRecord.pathMax) {
            diagnostic.help = "it has at most \(HealthRecord.pathMax) bytes"
        } else if HealthRecord.isPath(Array("/\(text.value)".utf8).rawSpan) {
            diagnostic.help = "write /\(text.value)"
            diagnostic.fixIts = [FixIt(text.span, "/\(text.value)", .maybeIncorrect)]
        } else if let sign = strangeSign(in: text.value) {
            diagnostic.help = "it holds \(sign)"
        } else {
            diagnostic.help = "spaces, # and signs beyond ASCII are written as %20, %23 and so on"
        }
        return diagnostic
    }
}
