internal import Digest

/// Secrets of keys and credentials of endpoints (rule 10 of the language).
extension SpecDecoder {
    /// The secrets of a key: one, or a list of them while rotating.
    mutating func secrets(_ node: Int) -> [ResolvedSpec.Secret] {
        guard tree.kind(node) == .sequence else {
            return secret(node).map { [$0] } ?? []
        }
        let children = tree.children(of: node)
        if children.isEmpty {
            findings.add(.noSecrets(at: tree.span(node)))
        }
        if children.count > ReferenceText.maxSecretsOfKey {
            findings.add(.tooManySecrets(children.count, at: tree.span(node)))
        }
        return children.compactMap { secret($0) }
    }

    /// A text, or a mapping of `value` and `expires`.
    private mutating func secret(_ node: Int) -> ResolvedSpec.Secret? {
        guard tree.kind(node) == .mapping else {
            return secretValue(node, expires: nil)
        }
        guard let fields = fields(of: node, as: SpecShapes.secret, "a secret") else { return nil }
        let expires = fields["expires"].flatMap { expiry($0, "'expires' of a secret") }
        guard let value = fields.required("value", of: "a secret", &findings) else { return nil }
        return secretValue(value, expires: expires)
    }

    /// The value of a secret that stands in another tool's file as it is; nil where no client
    /// could send it.
    mutating func literal(
        _ text: String, at span: SourceSpan, isAllowed: Bool
    ) -> ResolvedSpec.Secret.Value? {
        let text = Spanned(text, at: span)
        if let fault = ReferenceText.literalFault(text.value) {
            findings.add(.unsendableSecret(text, fault))
            return nil
        }
        if !isAllowed { findings.add(.literalInclude(text)) }
        return .digest(Digest.sha256(Array(text.value.utf8)))
    }

    private mutating func secretValue(_ node: Int, expires: Int64?) -> ResolvedSpec.Secret? {
        guard let text = text(node, "a secret") else { return nil }
        let value: ResolvedSpec.Secret.Value
        switch ReferenceText.reference(text.value) {
        case .digest(let digest): value = .digest(digest)
        case .file(let path): value = .file(path)
        case .env(let variable): value = .env(variable)
        case .malformed(let form):
            findings.add(.malformedReference(form, text))
            return nil
        case .literal:
            if let kind = SecretLookalike.of(text.value) {
                let inner = tree.innerSpan(node)
                findings.add(.lookalike("a secret", kind, text, inner: inner))
                return nil
            }
            let digest = Digest.sha256(Array(text.value.utf8))
            if let fault = ReferenceText.literalFault(text.value) {
                findings.add(.unsendableSecret(text, fault))
                return nil
            }
            findings.add(.literalSecret(text, digest: digest))
            value = .digest(digest)
        }
        return ResolvedSpec.Secret(value: value, expires: expires, place: text.span)
    }

    /// What an endpoint is presented with.
    mutating func credential(_ node: Int?) -> ResolvedSpec.Credential {
        guard let node, let text = text(node, "a credential") else { return .none }
        if text.value == "none" { return .none }
        if text.value == "client" { return .client }
        switch ReferenceText.reference(text.value) {
        case .file(let path): return .file(path)
        case .env(let variable): return .env(variable)
        case .digest:
            findings.add(.hashedCredential(at: text.span))
        case .malformed(let form):
            findings.add(.malformedReference(form, text))
        case .literal:
            if let kind = SecretLookalike.of(text.value) {
                let inner = tree.innerSpan(node)
                findings.add(.lookalike("a credential", kind, text, inner: inner))
            } else {
                findings.add(.literalCredential(text))
            }
        }
        return .none
    }
}

/// The forms in which secrets are written.
enum ReferenceText {
    /// Most secrets of one key, which all are valid while it rotates.
    static let maxSecretsOfKey = 16
    /// The longest path or variable name, in bytes.
    static let maxBytes = 4095

    enum Form {
        case digest
        case file
        case env
    }

    enum Reference {
        case digest([UInt8])
        case file(String)
        case env(String)
        case literal
        case malformed(Form)
    }

    static func reference(_ text: String) -> Reference {
        if text.hasPrefix("sha256:") {
            return digest(text.dropFirst(7)).map { .digest($0) } ?? .malformed(.digest)
        }
        if text.hasPrefix("file:") {
            let path = text.dropFirst(5)
            return isPath(path) ? .file(String(path)) : .malformed(.file)
        }
        if text.hasPrefix("env:") {
            let name = text.dropFirst(4)
            let isName =
                name.utf8.allSatisfy { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "_") }
                && !name.isEmpty && name.utf8.first.map(isDigit) != true
            return isName && name.utf8.count <= maxBytes
                ? .env(String(name)) : .malformed(.env)
        }
        return .literal
    }

    /// Whether a text is the absolute path of a file.
    static func isPath(_ text: Substring) -> Bool {
        let isPlain = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
        return text.first == "/" && isPlain && text.utf8.count <= maxBytes
    }

    enum LiteralFault {
        case tooLong
        case unsendable
    }

    /// Why no client could send a secret, if so.
    static func literalFault(_ secret: String) -> LiteralFault? {
        if secret.utf8.count > 1024 { return .tooLong }
        return secret.utf8.allSatisfy { (0x21...0x7E).contains($0) } ? nil : .unsendable
    }

    private static func digest(_ text: Substring) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count == 64 else { return nil }
        var digest: [UInt8] = []
        digest.reserveCapacity(32)
        for index in stride(from: 0, to: 64, by: 2) {
            guard let high = nibble(digits[index]), let low = nibble(digits[index + 1]) else {
                return nil
            }
            digest.append(high << 4 | low)
        }
        return digest
    }

    private static func nibble(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// 64 lower-case digits.
    static func hex(_ digest: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in digest {
            text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
        return String(decoding: text, as: UTF8.self)
    }
}

extension Diagnostic {
    fileprivate static func literalSecret(
        _ text: Spanned<String>, digest: [UInt8]
    ) -> Diagnostic {
        var diagnostic = Diagnostic(
            .literalSecret, "the secret \(masked(text.value)) is written into the spec",
            at: Label(text.span, "everybody who reads the spec can use it"),
            help: "write sha256: and its hash, or file:/path")
        // The hash of a short secret gives it away, so only a long one is offered.
        if text.value.utf8.count >= 20 {
            let replacement = "\"sha256:\(ReferenceText.hex(digest))\""
            diagnostic.fixIts = [FixIt(text.span, replacement, .machineApplicable)]
        }
        return diagnostic
    }

    fileprivate static func literalInclude(_ text: Spanned<String>) -> Diagnostic {
        Diagnostic(
            .literalSecret, "the secret \(masked(text.value)) is written into an included file",
            at: Label(text.span, "everybody who reads the file can use it"),
            help: "literal_secrets: allow at the include says that this is meant")
    }

    fileprivate static func unsendableSecret(
        _ text: Spanned<String>, _ fault: ReferenceText.LiteralFault
    ) -> Diagnostic {
        let rule =
            switch fault {
            case .tooLong: "has at most 1024 bytes"
            case .unsendable: "is ASCII without spaces, or no client could send it"
            }
        let isScheme = text.value.lowercased().hasPrefix("bearer ")
        return Diagnostic(
            .badSecret, "a secret \(rule), unlike \(masked(text.value))", at: Label(text.span),
            help: isScheme
                ? "write the key without 'Bearer'"
                : strangeSign(in: text.value).map { "it holds \($0)" }
                    ?? "a key travels in a header: any of the bytes from '!' to '~'")
    }

    fileprivate static func malformedReference(
        _ form: ReferenceText.Form, _ text: Spanned<String>
    ) -> Diagnostic {
        var diagnostic = Diagnostic(.badSecret, "", at: Label(text.span, "malformed"))
        switch form {
        case .digest:
            let digits = text.value.dropFirst(7).utf8
            let isHex = digits.allSatisfy(isHexDigit)
            diagnostic.message = "sha256: is followed by 64 hexadecimal digits"
            diagnostic.primary.text =
                isHex ? "\(digits.count) of 64 digits" : "not all of it is a hexadecimal digit"
            diagnostic.help = "'routerc key hash' reads a key and prints the line for it"
        case .file:
            diagnostic.message = "file: is followed by an absolute path"
            let isHome = text.value.hasPrefix("file:~")
            diagnostic.help =
                isHome
                ? "nothing stands for '~' here; write the whole path, from /"
                : "the path begins with /: the router runs in another folder than the compiler"
        case .env:
            diagnostic.message =
                "env: is followed by the name of a variable: letters, digits and _"
            if text.value.hasPrefix("env:$") {
                diagnostic.help = "write the name without '$'"
            }
        }
        return diagnostic
    }

    static func hashedCredential(at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .badSecret, "a credential cannot be a hash, since the upstream wants the secret itself",
            at: Label(span), help: "write file:/path or env:NAME")
    }

    fileprivate static func literalCredential(_ text: Spanned<String>) -> Diagnostic {
        Diagnostic(
            .literalCredential,
            "a credential is file:/path, env:NAME, client or none, not the secret "
                + "\(masked(text.value))",
            at: Label(text.span, "a secret of an upstream"),
            notes: ["secrets of upstreams are read when a table is loaded, never compiled in"],
            help: "put it into a file that only the router may read")
    }

    fileprivate static func noSecrets(at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .emptyValue, "a key has at least one secret", at: Label(span, "this list is empty"),
            help: "delete the key if nobody should use it")
    }

    fileprivate static func tooManySecrets(_ count: Int, at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .tooMany,
            "a key has at most \(ReferenceText.maxSecretsOfKey) secrets, and here are \(count)",
            at: Label(span))
    }
}
