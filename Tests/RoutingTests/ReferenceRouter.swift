import Pattern
import Routing
import SpecCompiler
import TableFormat

/// What the rules of the language say, written down as plainly as possible: no table, no hashes.
///
/// The tests hold the compiled table and `Routing` against it.
struct ReferenceRouter {
    let spec: ResolvedSpec

    enum Answer: Equatable {
        case pool(String, rule: Int)
        case refused(ProxyError)
    }

    /// Rule 6 of the language for a key that is not pinned.
    func route(key: Int?, model: String) -> Answer {
        guard let rule = rule(for: model) else { return .refused(.modelNotFound) }
        guard mayUse(key, model) else {
            return .refused(key == nil ? .keyMissing : .modelNotAllowed)
        }
        return .pool(spec.pools[spec.rules[rule].pools[0]].name, rule: rule)
    }

    /// Exact names first, then patterns in order, then `*`.
    private func rule(for model: String) -> Int? {
        let all = spec.rules.indices
        if let exact = all.first(where: { spec.rules[$0].matcher.kind == .exact(model) }) {
            return exact
        }
        if let other = all.first(where: { index in
            if case .exact = spec.rules[index].matcher.kind { return false }
            if spec.rules[index].matcher.kind == .glob("*") { return false }
            return ReferenceRouter.matches(spec.rules[index].matcher, model)
        }) {
            return other
        }
        return all.first { spec.rules[$0].matcher.kind == .glob("*") }
    }

    private func mayUse(_ key: Int?, _ model: String) -> Bool {
        guard let key else {
            switch spec.anonymous {
            case .allow, .open: return true
            case .deny: return false
            case .some(let models, _, _):
                return models.contains { ReferenceRouter.matches($0, model) }
            }
        }
        guard let models = spec.keys[key].models else { return true }
        return models.contains { ReferenceRouter.matches($0, model) }
    }

    static func matches(_ matcher: Matcher, _ name: String) -> Bool {
        switch matcher.kind {
        case .exact(let text): return text == name
        case .glob(let glob): return matches(Array(glob.utf8)[...], Array(name.utf8)[...])
        case .pattern(let source):
            guard let pattern = try? Pattern(source) else { return false }
            return pattern.matches(Array(name.utf8).rawSpan, scratch: MatchScratch())
        }
    }

    /// The definition of a glob, without any cleverness.
    private static func matches(_ glob: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
        guard let first = glob.first else { return text.isEmpty }
        if first == UInt8(ascii: "*") {
            return matches(glob.dropFirst(), text)
                || (!text.isEmpty && matches(glob, text.dropFirst()))
        }
        return text.first == first && matches(glob.dropFirst(), text.dropFirst())
    }
}
