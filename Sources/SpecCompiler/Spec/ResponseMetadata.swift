internal import TableFormat

/// Where answers say which way they came.
extension SpecDecoder {
    mutating func responseMetadata(_ node: Int?) -> ResponseMetadata {
        guard let node, let text = text(node, "response_metadata") else { return .headers }
        guard let place = ResponseMetadata.allCases.first(where: { $0.name == text.value }) else {
            findings.add(.unknownMetadataPlace(text))
            return .headers
        }
        return place
    }
}

extension Diagnostic {
    fileprivate static func unknownMetadataPlace(_ text: Spanned<String>) -> Diagnostic {
        var diagnostic = Diagnostic(
            .badChoice,
            "response_metadata is headers, body or none, not \(quoted(text.value))",
            at: Label(text.span))
        let names = ResponseMetadata.allCases.map(\.name)
        let others = ["header": "headers", "false": "none", "off": "none", "true": "headers"]
        let meant = others[text.value] ?? NearestName.nearest(to: text.value, among: names)
        if let meant {
            diagnostic.help = "did you mean '\(meant)'?"
            diagnostic.fixIts = [FixIt(text.span, meant, .maybeIncorrect)]
        }
        return diagnostic
    }
}
