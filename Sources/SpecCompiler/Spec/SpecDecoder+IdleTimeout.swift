/// R326: a deadline over all that ends before one of its parts leaves that nothing to do.
///
/// Compared is what stands in one mapping: a pool may well set a `total` below what `defaults` say
/// of the parts.
extension SpecDecoder {
    mutating func checkOrder(of timeouts: SpecDocument.Timeouts, _ fields: Fields) {
        guard let total = timeouts.total?.milliseconds, let totalNode = fields["total"] else {
            return
        }
        let parts = [
            ("connect", timeouts.connect), ("first_token", timeouts.firstToken),
            ("answer", timeouts.answer), ("idle", timeouts.idle),
        ]
        for (name, limit) in parts {
            guard let own = limit?.milliseconds, own > total, let node = fields[name] else {
                continue
            }
            findings.add(
                .idleTimeout(
                    Spanned(name, at: tree.span(node)), tree.text(node),
                    total: Spanned(tree.text(totalNode), at: tree.span(totalNode))))
        }
    }
}

extension Diagnostic {
    fileprivate static func idleTimeout(
        _ name: Spanned<String>, _ limit: String, total: Spanned<String>
    ) -> Diagnostic {
        Diagnostic(
            .idleTimeout,
            "'total' ends everything after \(total.value), "
                + "so '\(name.value)' never comes to its \(limit)",
            at: Label(name.span, "never reached"), also: [Label(total.span, "sooner")],
            help: "'total' is over all attempts: make it longer, or delete this")
    }
}
