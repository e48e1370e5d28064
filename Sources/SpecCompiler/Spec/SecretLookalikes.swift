/// A secret that is written nearly like a reference or a hash, and hardly meant as it stands.
///
/// Taken as a literal it would be a working password that everybody can guess: a path, the name of
/// a variable. So each of these is an error; who wants such a key writes its hash.
enum SecretLookalike: Equatable {
    /// `/run/secrets/a` or `./a`.
    case path
    /// `$KEY`, `${KEY}` or `%KEY%`: the name of the variable.
    case variable(String)
    /// `SHA256:...`: the form that was written, with its sign, and the one that was meant.
    case nearForm(written: String, meant: String)
    /// `md5:...` or `$2b$...`.
    case otherHash
    /// `vault:/...`: the word before the colon; nil where it could be part of a password.
    case otherStore(String?)
    /// 64 hexadecimal digits, which are a hash or a key.
    case bareHash

    /// What `text`, which is no reference, looks like; nil for a plain literal.
    static func of(_ text: String) -> SecretLookalike? {
        if ["/", "./", "../", "~/"].contains(where: { text.hasPrefix($0) }) { return .path }
        if let known = dollar(text) { return known }
        if text.utf8.count == 64, text.utf8.allSatisfy(isHexDigit) { return .bareHash }
        return form(text)
    }

    /// How many bytes of a secret that is no reference say only what form it was meant to have.
    static func shownCount(of bytes: ArraySlice<UInt8>) -> Int {
        if let form = forms.first(where: { bytes.starts(with: ($0 + ":").utf8) }) {
            return form.utf8.count + 1
        }
        switch of(String(decoding: bytes.prefix(4096), as: UTF8.self)) {
        case .nearForm(let written, _): return written.utf8.count
        case .otherStore(let name): return name.map { $0.utf8.count + 1 } ?? 0
        default: return 0
        }
    }

    private static let forms = ["sha256", "file", "env"]
    private static let otherNames = [
        "path": "file", "var": "env", "envvar": "env", "environ": "env", "environment": "env",
    ]
    private static let hashes: Set<String> = [
        "sha", "sha1", "sha224", "sha384", "sha512", "sha3", "md5", "bcrypt", "scrypt", "argon2",
        "argon2i", "argon2id", "pbkdf2", "blake2", "blake3",
    ]
    private static let stores: Set<String> = [
        "vault", "op", "aws", "awssm", "ssm", "arn", "gcp", "azure", "k8s", "kubernetes", "secret",
        "secrets", "sops", "doppler", "keychain", "exec", "cmd", "command", "ref", "http", "https",
        "plain", "literal", "text", "raw", "base64", "hex", "key", "token", "password", "bearer",
    ]

    private static func dollar(_ text: String) -> SecretLookalike? {
        if text.hasPrefix("${") || text.hasPrefix("$(") || text.hasPrefix("{{") {
            return .variable(variableName(text.dropFirst(2).prefix { $0 != "}" && $0 != ")" }))
        }
        if text.first == "%", text.last == "%", text.utf8.count > 2 {
            return isVariable(text.dropFirst().dropLast())
                ? .variable(variableName(text.dropFirst().dropLast())) : nil
        }
        guard text.first == "$" else { return nil }
        let fields = text.split(separator: "$", omittingEmptySubsequences: false)
        if fields.count >= 4 { return .otherHash }
        return isVariable(text.dropFirst()) ? .variable(variableName(text.dropFirst())) : nil
    }

    private static func isVariable(_ name: Substring) -> Bool {
        !name.isEmpty && name.utf8.allSatisfy(isWordByte)
    }

    /// The name of a variable as far as it may be shown: one that could be a password is not.
    private static func variableName(_ name: Substring) -> String {
        let isUpper = isVariable(name) && name == name.uppercased() && name.utf8.count <= 40
        let isWord = name.utf8.count < 8 || name.contains("_")
        return isUpper && isWord && name.utf8.count(where: isDigit) <= 2 ? String(name) : "NAME"
    }

    private static func form(_ text: String) -> SecretLookalike? {
        guard let sign = text.firstIndex(where: { $0 == ":" || $0 == "=" }) else { return nil }
        let word = text[..<sign]
        let rest = text[text.index(after: sign)...]
        guard (2...16).contains(word.utf8.count), !rest.isEmpty,
            word.utf8.allSatisfy({ isWordByte($0) || "-.+ ".utf8.contains($0) })
        else {
            return nil
        }
        let name = String(word.lowercased().filter { $0 != "-" && $0 != "_" && $0 != " " })
        if let meant = forms.first(where: { $0 == name }) ?? otherNames[name] {
            return .nearForm(written: String(text[...sign]), meant: meant + ":")
        }
        guard text[sign] == ":" else { return nil }
        if hashes.contains(name) { return .otherHash }
        if stores.contains(name) { return .otherStore(String(word)) }
        if let meant = NearestName.nearest(to: name, among: forms) {
            return .nearForm(written: String(text[...sign]), meant: meant + ":")
        }
        return rest.first == "/" ? .otherStore(nil) : nil
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        isLetter(byte) || isDigit(byte) || byte == UInt8(ascii: "_")
    }
}

/// Whether a byte is a hexadecimal digit.
func isHexDigit(_ byte: UInt8) -> Bool {
    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
}

extension Diagnostic {
    /// `inner` is the place of the text without its quotes; `what` is a secret or a credential.
    static func lookalike(
        _ what: String, _ kind: SecretLookalike, _ text: Spanned<String>, inner: SourceSpan
    ) -> Diagnostic {
        let isKey = what == "a secret"
        let forms = isKey ? "sha256:HEX, file:/path or env:NAME" : "file:/path or env:NAME"
        var diagnostic = Diagnostic(
            .badSecret, "\(what) is \(forms), and this is none of them", at: Label(text.span))
        let begin = SourceSpan(file: inner.file, start: inner.start, end: inner.start)
        switch kind {
        case .path:
            diagnostic.primary.text = "a path, which would be the secret itself"
            diagnostic.help = pathHelp(text.value)
            if text.value.first == "/" {
                diagnostic.fixIts = [FixIt(begin, "file:", .maybeIncorrect)]
            }
        case .variable(let name):
            diagnostic.primary.text = "a spec has no variables, so this would be the secret itself"
            diagnostic.help = "did you mean env:\(name)?"
        case .nearForm(let written, let meant) where isKey || meant != "sha256:":
            diagnostic.primary.text = "begins with \(quoted(written))"
            diagnostic.help = "did you mean \(meant)?"
            let end = inner.start + written.utf8.count
            if end <= inner.end {
                let place = SourceSpan(file: inner.file, start: inner.start, end: end)
                diagnostic.fixIts = [FixIt(place, meant, .maybeIncorrect)]
            }
        case .otherHash:
            diagnostic.primary.text = "looks like a hash of another kind"
            diagnostic.help =
                isKey
                ? "routerc knows the SHA-256 of a key only: sha256: and 64 hexadecimal digits"
                : "the upstream wants the secret itself, not a hash"
        case .otherStore(let name):
            diagnostic.primary.text = name.map { "begins with \(quoted($0 + ":"))" } ?? "unknown"
            diagnostic.help =
                "let what keeps your secrets write a file, and name it here: file:/path"
        case .bareHash where isKey:
            diagnostic.message = "64 hexadecimal digits could be a hash or the key itself"
            diagnostic.help =
                "write sha256: before a hash; of a key, write sha256: and its hash"
            diagnostic.fixIts = [FixIt(begin, "sha256:", .maybeIncorrect)]
        case .bareHash, .nearForm:
            return .hashedCredential(at: text.span)
        }
        return diagnostic
    }

    /// The path is not said: a secret of base64 may begin with a slash.
    private static func pathHelp(_ text: String) -> String {
        text.first == "/"
            ? "did you mean file: and this path?"
            : "did you mean file: and the absolute path of the file?"
    }
}
