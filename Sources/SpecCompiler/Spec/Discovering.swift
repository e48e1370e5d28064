internal import TableFormat

/// What server an endpoint is, and how endpoints are asked for their models.
extension SpecDecoder {
    mutating func kind(_ node: Int?) -> ResolvedSpec.Kind {
        guard let node, let text = text(node, "kind") else { return .openai }
        guard let kind = ResolvedSpec.Kind(rawValue: text.value) else {
            findings.add(.unknownKind(text))
            return .openai
        }
        return kind
    }

    mutating func discovery(_ node: Int?) -> SpecDocument.Discovery? {
        guard let node else { return nil }
        let owner = "defaults.discovery"
        if let isNone = isNone(node, owner, standard: "{ interval: 1m, timeout: 2s }") {
            return isNone ? .off : nil
        }
        guard let fields = fields(of: node, as: SpecShapes.discovery, owner) else { return nil }
        return .on(
            interval: milliseconds(fields, "interval", of: owner, DiscoveryRecord.intervalRange),
            timeout: milliseconds(fields, "timeout", of: owner, DiscoveryRecord.timeoutRange))
    }
}

extension EndpointKind {
    /// As the table says what the spec means.
    init(_ kind: ResolvedSpec.Kind) {
        self =
            switch kind {
            case .openai: .openai
            case .llamacpp: .llamacpp
            case .vllm: .vllm
            case .ollama: .ollama
            case .lmstudio: .lmstudio
            case .anthropic: .anthropic
            }
    }
}

extension Diagnostic {
    fileprivate static func unknownKind(_ text: Spanned<String>) -> Diagnostic {
        let names = ResolvedSpec.Kind.allCases.map(\.rawValue)
        var diagnostic = Diagnostic(
            .badChoice,
            "kind is one of \(listed(names, last: "or")), not \(quoted(text.value))",
            at: Label(text.span), help: "openai is for all that is compatible")
        if let meant = meantKind(text.value, names) {
            diagnostic.help = "did you mean '\(meant)'?"
            diagnostic.fixIts = [FixIt(text.span, meant, .maybeIncorrect)]
        }
        return diagnostic
    }

    private static func meantKind(_ text: String, _ names: [String]) -> String? {
        switch text.lowercased() {
        case "llama-server", "llama_server", "llama": "llamacpp"
        case "lm-studio", "lm_studio", "lm studio": "lmstudio"
        case "claude": "anthropic"
        default: NearestName.nearest(to: text, among: names)
        }
    }
}
