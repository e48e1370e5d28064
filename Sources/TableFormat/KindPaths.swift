extension EndpointKind {
    /// What stands ahead of the version in the path of an endpoint's URL: a server's own API is
    /// beside it.
    ///
    /// `/ollama/v1` -> `/ollama`; empty for `/v1`, and for a URL without a path.
    public static func root(ofBasePath basePath: String) -> String {
        var root = ""
        for segment in basePath.split(separator: "/") {
            if segment.hasPrefix("v"), segment.dropFirst().first?.isNumber == true { break }
            root += "/\(segment)"
        }
        return root
    }

    /// What a server of this kind is asked to learn whether it is well; nil where it has nothing
    /// for that.
    ///
    /// `basePath` stands in for `/v1` (rule 5 of the language).
    public func healthPath(basePath: String) -> String? {
        switch self {
        case .openai, .anthropic: nil
        case .llamacpp, .vllm: EndpointKind.root(ofBasePath: basePath) + "/health"
        case .ollama: EndpointKind.root(ofBasePath: basePath) + "/"
        case .lmstudio: (basePath.isEmpty ? "/v1" : basePath) + "/models"
        }
    }
}
