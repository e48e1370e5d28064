public import Pattern
public import TableFormat

/// Where a request goes, before an endpoint is picked: a pool, by a rule, for a model.
///
/// A rule may name pools and models to try after its own. The route says at which of them a request
/// stands, so that the next one can be found from it.
public struct Route: Sendable, Equatable {
    /// Index of the pool; `noIndex` of a split on which nobody has drawn yet.
    public var pool: UInt32
    /// Index of the rule that decided; `noIndex` for a pinned key.
    public var rule: UInt32
    /// Index of the model that is tried in the place of the client's own; `noIndex` for that.
    public var model: UInt32
    /// Index of the rule for the model that the client asked for.
    public var asked: UInt32
    /// The pool in which this model was tried first.
    public var first: UInt32
    /// How many of the rule's `then` have been gone through.
    public var thenCount: UInt16
    /// How many of the asked rule's `fallback` have been gone through.
    public var fallbackCount: UInt16
    /// Where the model begins in a list that the client asks for.
    public var partStart: UInt16
    /// Where it ends; 0 where the client asks for no list.
    public var partEnd: UInt16

    /// The first place of a request.
    @inlinable
    public init(pool: UInt32, rule: UInt32) {
        self.pool = pool
        self.rule = rule
        model = noIndex
        asked = rule
        first = pool
        thenCount = 0
        fallbackCount = 0
        partStart = 0
        partEnd = 0
    }

    /// Which bytes of the client's model id are the model.
    @inlinable
    func part(of asked: RawSpan) -> Range<Int> {
        partEnd == 0 ? 0..<asked.byteCount : Int(partStart)..<Int(partEnd)
    }

    /// Whether the rule leads to more than one pool, and nobody has drawn yet.
    @inlinable public var isOpen: Bool { pool == noIndex && rule != noIndex }

    /// Draws the side of a split; `draw` is any bits, equal ones for one session.
    @inlinable
    public mutating func settle(draw: UInt32, in table: borrowing TableView) {
        let course = table.load(RuleRecord.course, at: rule)
        guard course != noIndex else { return }
        let split = table.load(CourseRecord.split, at: course)
        for index in split.indices where draw <= table.load(ShareRecord.last, at: index) {
            pool = table.load(ShareRecord.pool, at: index)
            first = pool
            return
        }
    }

    /// What names a session for the split of the rule; `noIndex` for nothing.
    @inlinable
    public func splitSticky(in table: borrowing TableView) -> UInt32 {
        let course = rule == noIndex ? noIndex : table.load(RuleRecord.course, at: rule)
        return course == noIndex ? noIndex : table.load(CourseRecord.sticky, at: course)
    }

    /// The next place for a request that nobody takes here; nil where there is none.
    ///
    /// The pools of the rule's `then` come first, for the same model. After them come the models of
    /// the asked rule's `fallback`, each with its own rule and its `then`; those that the caller
    /// may not use are left out, and so is what was asked for. A fallback has no fallbacks of its
    /// own. In the place of fallbacks come the further models of a client's list. The pool of a
    /// split is still to be settled.
    public func next(
        asked name: RawSpan, caller: Caller, patterns: borrowing PatternSet,
        scratch: borrowing MatchScratch, in table: borrowing TableView
    ) -> Route? {
        guard rule != noIndex else { return nil }
        var route = self
        let course = table.load(RuleRecord.course, at: rule)
        if course != noIndex {
            let then = table.load(CourseRecord.then, at: course)
            while UInt32(route.thenCount) < then.count {
                route.pool = table.index(at: then.first + UInt32(route.thenCount))
                route.thenCount += 1
                if route.pool != first { return route }
            }
        }
        if partEnd != 0 {
            // Who names several models has said what else will do.
            return try? resolveList(
                name, from: Int(partEnd), caller: caller, patterns: patterns, scratch: scratch,
                in: table
            ).get()
        }
        let askedCourse = table.load(RuleRecord.course, at: asked)
        guard askedCourse != noIndex else { return nil }
        let fallback = table.load(CourseRecord.fallback, at: askedCourse)
        while UInt32(route.fallbackCount) < fallback.count {
            let model = table.index(at: fallback.first + UInt32(route.fallbackCount))
            route.fallbackCount += 1
            let text = table.string(table.load(ModelRecord.name, at: model))
            let rule = ruleIndex(
                of: text, known: model, caller: caller, patterns: patterns, scratch: scratch,
                in: table)
            guard rule != noIndex, !text.isEqual(name),
                allows(
                    scope: caller.scope, model: text, known: model, patterns: patterns,
                    scratch: scratch, in: table)
            else { continue }
            route.rule = rule
            route.model = model
            route.pool = table.load(RuleRecord.pool, at: rule)
            route.first = route.pool
            route.thenCount = 0
            return route
        }
        return nil
    }
}
