/// A Swift source with strings and comments told from code, line by line.
///
/// Every character of `source` is kept or replaced by a space, so places are the same in all
/// views. A scanner, not a parser: it knows line and nested block comments, plain, multi-line and
/// raw string literals and interpolation. What is inside a string, interpolated code too, is text.
struct SwiftText {
    /// Without comments and without what strings hold.
    let code: [String]
    /// Comments only.
    let comments: [String]

    init(_ source: String) {
        var scanner = SwiftScanner(source)
        scanner.run()
        code = Self.lines(scanner.code)
        comments = Self.lines(scanner.comments)
    }

    private static func lines(_ text: [Character]) -> [String] {
        String(text).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
}

private struct SwiftScanner {
    private(set) var code: [Character] = []
    private(set) var comments: [Character] = []

    private let source: [Character]
    private var index = 0

    init(_ source: String) {
        self.source = Array(source)
        code.reserveCapacity(self.source.count)
        comments.reserveCapacity(self.source.count)
    }

    private enum View { case code, comment, neither }

    mutating func run() {
        while index < source.count {
            if starts(with: "//") {
                while index < source.count, source[index] != "\n" { take(1, as: .comment) }
            } else if starts(with: "/*") {
                takeBlockComment()
            } else if let hashes = stringHashes() {
                takeString(hashes: hashes)
            } else {
                take(1, as: .code)
            }
        }
    }

    private func starts(with text: String, at offset: Int = 0) -> Bool {
        let start = index + offset
        return start + text.count <= source.count
            && zip(source[start...], text).allSatisfy { $0 == $1 }
    }

    private mutating func take(_ count: Int, as view: View) {
        for character in source[index..<min(index + count, source.count)] {
            let blank: Character = character.isNewline ? "\n" : " "
            code.append(view == .code ? character : blank)
            comments.append(view == .comment ? character : blank)
        }
        index += count
    }

    private mutating func takeBlockComment() {
        var depth = 0
        while index < source.count {
            if starts(with: "/*") {
                depth += 1
                take(2, as: .comment)
            } else if starts(with: "*/") {
                depth -= 1
                take(2, as: .comment)
                if depth == 0 { return }
            } else {
                take(1, as: .comment)
            }
        }
    }

    /// The number of `#` before a quote that begins a string here, or nil when none begins.
    private func stringHashes() -> Int? {
        var hashes = 0
        while index + hashes < source.count, source[index + hashes] == "#" { hashes += 1 }
        guard index + hashes < source.count, source[index + hashes] == "\"" else { return nil }
        return hashes
    }

    private mutating func takeString(hashes: Int) {
        let fence = String(repeating: "#", count: hashes)
        let isMultiline = starts(with: "\"\"\"", at: hashes)
        let quote = isMultiline ? "\"\"\"" : "\""
        take(hashes + quote.count, as: .neither)
        while index < source.count {
            if starts(with: quote + fence) {
                take(quote.count + hashes, as: .neither)
                return
            }
            if starts(with: "\\" + fence + "(") {
                take(2 + hashes, as: .neither)
                takeInterpolation()
            } else if starts(with: "\\" + fence) {
                take(2 + hashes, as: .neither)
            } else if !isMultiline, source[index] == "\n" {
                return  // unterminated: the compiler will say so
            } else {
                take(1, as: .neither)
            }
        }
    }

    private mutating func takeInterpolation() {
        var depth = 1
        while index < source.count, depth > 0 {
            if let hashes = stringHashes() {
                takeString(hashes: hashes)
                continue
            }
            if source[index] == "(" { depth += 1 }
            if source[index] == ")" { depth -= 1 }
            take(1, as: .neither)
        }
    }
}
