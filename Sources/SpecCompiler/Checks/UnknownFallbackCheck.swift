/// R205: a model to fall back to has to be one that some rule takes.
enum UnknownFallbackCheck {
    static func run(_ input: CheckInput, _ findings: inout Findings) {
        let rules = input.document.models.filter { !$0.fallback.isEmpty }
        if rules.isEmpty { return }
        var reach = ModelReach(input.spec.allRules)
        let skipped = MatcherSet(input.spec.skipped)
        // An error may hide the rule that takes it.
        let mentions = Mentions(input, findings)
        for model in rules.lazy.flatMap(\.fallback) {
            if model.value.contains("*") || model.value.hasPrefix("re:"),
                !reach.exactNames.contains(model.value)
            {
                findings.add(.fallbackIsMatcher(model))
            } else if skipped.matches(model.value) {
                findings.add(.skippedFallback(model))
            } else if !reach.mayReach(.exact(model.value)), mentions.areNone {
                let nearest = NearestName.nearest(to: model.value, among: reach.exactNames)
                let isPool = input.document.pools.contains { $0.name?.value == model.value }
                findings.add(.unknownFallback(model, nearest: nearest, isPool: isPool))
            }
        }
    }
}

extension Diagnostic {
    fileprivate static func unknownFallback(
        _ model: Spanned<String>, nearest: String?, isPool: Bool
    ) -> Diagnostic {
        var diagnostic = Diagnostic(
            .unknownModel, "no rule takes the model \(quoted(model.value))",
            at: Label(model.span, "it goes nowhere"),
            help: "write a model that a rule of 'models' or a pool takes")
        if isPool {
            diagnostic.help = "\(quoted(model.value)) is a pool: 'then' takes pools"
        } else if let nearest {
            diagnostic.help = "did you mean '\(nearest)'?"
            diagnostic.fixIts = [FixIt(model.span, nearest, .maybeIncorrect)]
        }
        return diagnostic
    }

    fileprivate static func fallbackIsMatcher(_ model: Spanned<String>) -> Diagnostic {
        Diagnostic(
            .unknownModel,
            "a fallback is the id of one model, and \(quoted(model.value)) is a matcher",
            at: Label(model.span, "would be asked for as it is written"),
            help: "write the ids that are to be tried, one by one")
    }

    fileprivate static func skippedFallback(_ model: Spanned<String>) -> Diagnostic {
        Diagnostic(
            .unknownModel, "the model \(quoted(model.value)) is skipped",
            at: Label(model.span, "it goes nowhere"),
            help: "write another one, or take it out of skip.models")
    }
}
