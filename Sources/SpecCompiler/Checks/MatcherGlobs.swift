/// What a matcher says and what it stands for, for all checks alike.
extension Matcher.Kind {
    /// As messages show it: an exact name stands as it is, with or without `id:`.
    var text: String {
        switch self {
        case .exact(let name): name
        case .glob(let glob): glob
        case .pattern(let source): "re:" + source
        }
    }

    /// Globs that match together what it matches; nil where none are known to.
    var globs: [[UInt8]]? {
        switch self {
        // No glob has a star that means itself.
        case .exact(let name) where name.utf8.contains(GlobText.star): nil
        case .exact(let text), .glob(let text): [Array(text.utf8)]
        case .pattern(let source): PatternShape.globs(of: source)
        }
    }

    /// Globs that match at least what it matches.
    var coveringGlobs: [[UInt8]] {
        switch self {
        case .exact(let text), .glob(let text): [Array(text.utf8)]
        case .pattern(let source): globs ?? [PatternShape.cover(of: source)]
        }
    }
}
