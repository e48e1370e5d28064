/// R314: a star in an id that is sent upstream stands for nothing.
///
/// Only `send_as: "*"` of a model rule means what the star matched. No upstream has a model whose
/// id holds a star, so every request would be refused there.
enum LiteralStarCheck {
    static func run(_ input: CheckInput, _ findings: inout Findings) {
        for rule in input.document.models {
            guard let sendAs = rule.sendAs, case .constant(let id) = sendAs.value else { continue }
            if hasStar(id) { findings.add(.literalStar(id, at: sendAs.span, isRule: true)) }
        }
        for pool in input.document.pools {
            for (model, upstream) in pool.members.flatMap(\.sendAs) {
                if hasStar(model.value) { findings.add(.starInModel(model)) }
                if hasStar(upstream.value) {
                    findings.add(.literalStar(upstream.value, at: upstream.span, isRule: false))
                }
            }
        }
    }

    private static func hasStar(_ id: String) -> Bool {
        id.utf8.contains(UInt8(ascii: "*"))
    }
}

extension Diagnostic {
    fileprivate static func literalStar(
        _ id: String, at span: SourceSpan, isRule: Bool
    ) -> Diagnostic {
        Diagnostic(
            .literalStar, "send_as would send the star of \(quoted(id)) as it stands",
            at: Label(span, "no part of this is replaced"),
            help: isRule
                ? "\"*\" alone is what the star of 'match' matched; else write the id to send"
                : "write the id to send; \"*\" is understood by send_as of a model rule")
    }

    fileprivate static func starInModel(_ model: Spanned<String>) -> Diagnostic {
        Diagnostic(
            .literalStar,
            "send_as of a pool's endpoint is for whole ids, and \(quoted(model.value)) has a star",
            at: Label(model.span, "no request names this model"),
            help: "write each id, or a model rule with match and send_as")
    }
}
