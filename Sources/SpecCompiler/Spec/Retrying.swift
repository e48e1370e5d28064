internal import TableFormat

/// `retry`: after which failures a request is tried again, and how often; `breaker`: when an
/// endpoint is left alone.
extension SpecDecoder {
    mutating func retry(_ node: Int?) -> SpecDocument.Retry {
        var retry = SpecDocument.Retry()
        guard let node, let fields = fields(of: node, as: SpecShapes.retry, "retry") else {
            return retry
        }
        let attempts = RetryRecord.attemptsRange
        retry.attempts = fields["attempts"].flatMap {
            number(
                $0, "retry.attempts", UInt64(attempts.lowerBound)...UInt64(attempts.upperBound))
        }.map { UInt16($0.value) }
        if let causes = fields["when"] {
            retry.causes = each(causes, "retry.when") { $0.retryCause($1) }.reduce(0) {
                $0 | $1.bit
            }
        }
        retry.backoff = milliseconds(fields, "backoff", of: "retry", RetryRecord.backoffRange)
        retry.budget = fields["budget"].flatMap { percentage($0, "retry.budget") }
        return retry
    }

    mutating func breaker(_ node: Int?) -> SpecDocument.Breaker {
        guard let node else { return .inherited }
        let standard = "{ errors: 5, within: 30s, try_again: 10s }"
        if let isNone = isNone(node, "breaker", standard: standard) {
            return isNone ? .off : .inherited
        }
        guard let fields = fields(of: node, as: SpecShapes.breaker, "breaker") else {
            return .inherited
        }
        let errors = BreakerRecord.errorsRange
        return .on(
            errors: fields["errors"].flatMap {
                number(
                    $0, "breaker.errors", UInt64(errors.lowerBound)...UInt64(errors.upperBound))
            }.map { UInt32($0.value) },
            within: milliseconds(fields, "within", of: "breaker", BreakerRecord.withinRange),
            tryAgain: milliseconds(
                fields, "try_again", of: "breaker", BreakerRecord.tryAgainRange))
    }

    private mutating func retryCause(_ node: Int) -> RetryCause? {
        guard let text = text(node, "a cause of retry.when") else { return nil }
        let cause = RetryCause.allCases.first { $0.name == text.value }
        if cause == nil { findings.add(.unknownCause(text)) }
        return cause
    }

    /// Whole percents, as a number of a thousand.
    private mutating func percentage(_ node: Int, _ what: String) -> UInt16? {
        guard let text = text(node, what) else { return nil }
        let digits = text.value.utf8.prefix(while: isDigit)
        guard text.value.dropFirst(digits.count) == "%", digits.count <= 3,
            let percent = UInt16(text.value.prefix(digits.count)), percent <= 100
        else {
            findings.add(.notPercentage(what, text))
            return nil
        }
        return percent * 10
    }
}

extension Diagnostic {
    fileprivate static func unknownCause(_ text: Spanned<String>) -> Diagnostic {
        let names = RetryCause.allCases.map(\.name)
        var diagnostic = Diagnostic(
            .badChoice,
            "a cause of retry.when is one of \(listed(names, last: "or")),"
                + " not \(quoted(text.value))",
            at: Label(text.span))
        if let nearest = NearestName.nearest(to: text.value, among: names) {
            diagnostic.help = "did you mean '\(nearest)'?"
            diagnostic.fixIts = [FixIt(text.span, nearest, .maybeIncorrect)]
        } else if ["5xx", "4xx", "error", "errors", "any", "all"].contains(text.value) {
            diagnostic.help = "each is named: [500, 502, 503, 504] for an endpoint in trouble"
        }
        return diagnostic
    }

    fileprivate static func notPercentage(_ what: String, _ text: Spanned<String>) -> Diagnostic {
        var diagnostic = Diagnostic(
            .badNumber, "\(what) is a percentage from 0% to 100%, not \(quoted(text.value))",
            at: Label(text.span))
        let plain = text.value.filter { $0 != " " && $0 != "%" }
        var percent = UInt64(plain)
        if percent == nil, plain.hasPrefix("0."), let share = Double(plain), share <= 1 {
            percent = UInt64((share * 100).rounded())
        }
        if let percent, percent <= 100 {
            diagnostic.help = "write \(percent)%"
            diagnostic.fixIts = [FixIt(text.span, "\(percent)%", .maybeIncorrect)]
        }
        return diagnostic
    }
}
