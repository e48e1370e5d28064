// The meaning of each field stands once, in Layout.swift, where the document takes it from.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

// The layout of what rules say about further pools, and pools and endpoints about failures and
// sessions; see Records.swift.

/// When a request is tried again, and how often; a distinct set.
public enum RetryRecord: TableRecord {
    @inlinable public static var section: SectionKind { .retries }
    @inlinable public static var size: Int { 16 }
    /// With the first one.
    @inlinable public static var attempts: Field<Self, UInt16> { Field(at: 0) }
    /// Bits of `RetryCause`.
    @inlinable public static var causes: Field<Self, UInt16> { Field(at: 2) }
    /// Before an endpoint is tried again that has failed; doubles each time.
    @inlinable public static var backoff: Field<Self, UInt32> { Field(at: 4) }
    /// Further attempts for a thousand requests.
    @inlinable public static var budget: Field<Self, UInt16> { Field(at: 8) }
    @inlinable public static var reserved0: Field<Self, UInt16> { Field(at: 10) }
    @inlinable public static var reserved1: Field<Self, UInt32> { Field(at: 12) }
    @inlinable public static var attemptsRange: ClosedRange<UInt16> { 1...10 }
    /// In milliseconds.
    @inlinable public static var backoffRange: ClosedRange<UInt32> { 0...10_000 }
    @inlinable public static var budgetMax: UInt16 { 1_000 }
}

/// When an endpoint is left alone for a while; a distinct set.
public enum BreakerRecord: TableRecord {
    @inlinable public static var section: SectionKind { .breakers }
    @inlinable public static var size: Int { 16 }
    /// In a row.
    @inlinable public static var errors: Field<Self, UInt32> { Field(at: 0) }
    /// Milliseconds from the first of them to the last.
    @inlinable public static var within: Field<Self, UInt32> { Field(at: 4) }
    /// Milliseconds until one request may try it.
    @inlinable public static var tryAgain: Field<Self, UInt32> { Field(at: 8) }
    @inlinable public static var reserved: Field<Self, UInt32> { Field(at: 12) }
    @inlinable public static var errorsRange: ClosedRange<UInt32> { 1...1_000 }
    /// In milliseconds.
    @inlinable public static var withinRange: ClosedRange<UInt32> { 1_000...3_600_000 }
    @inlinable public static var tryAgainRange: ClosedRange<UInt32> { 100...3_600_000 }
}

/// Where a rule leads besides one pool; a distinct set.
public enum CourseRecord: TableRecord {
    @inlinable public static var section: SectionKind { .courses }
    @inlinable public static var size: Int { 32 }
    /// Empty where the rule has a pool.
    @inlinable public static var split: Field<Self, IndexRange> { Field(at: 0) }
    /// Indices of pools, in the order in which they are tried for the same model.
    @inlinable public static var then: Field<Self, IndexRange> { Field(at: 8) }
    /// Indices of models, in the order in which they are tried after that.
    @inlinable public static var fallback: Field<Self, IndexRange> { Field(at: 16) }
    /// What names a session, so that it stays on its side of the split; none draws each time.
    @inlinable public static var sticky: Field<Self, UInt32> { Field(at: 24) }
    @inlinable public static var reserved: Field<Self, UInt32> { Field(at: 28) }
    /// The most pools, and the most models, of one.
    @inlinable public static var listMax: Int { 8 }
}

/// A side of a split.
public enum ShareRecord: TableRecord {
    @inlinable public static var section: SectionKind { .shares }
    @inlinable public static var size: Int { 8 }
    @inlinable public static var pool: Field<Self, UInt32> { Field(at: 0) }
    /// The last of 2^32 draws that lead here; ascending, and all ones at the last side.
    @inlinable public static var last: Field<Self, UInt32> { Field(at: 4) }
}

/// What keeps a session at its endpoint; a distinct set.
public enum StickyRecord: TableRecord {
    @inlinable public static var section: SectionKind { .stickies }
    @inlinable public static var size: Int { 16 }
    /// The first of these that a request has names its session.
    @inlinable public static var sources: Field<Self, IndexRange> { Field(at: 0) }
    @inlinable public static var whenDown: Field<Self, WhenDown> { Field(at: 8) }
    @inlinable public static var reserved0: Field<Self, UInt16> { Field(at: 10) }
    @inlinable public static var reserved1: Field<Self, UInt32> { Field(at: 12) }
}

/// Where the name of a session stands in a request.
public enum SessionSourceRecord: TableRecord {
    @inlinable public static var section: SectionKind { .sessionSources }
    @inlinable public static var size: Int { 16 }
    /// Of a header, in lower case; otherwise empty.
    @inlinable public static var name: Field<Self, StringRef> { Field(at: 0) }
    @inlinable public static var kind: Field<Self, SessionSource> { Field(at: 8) }
    @inlinable public static var reserved0: Field<Self, UInt16> { Field(at: 10) }
    @inlinable public static var reserved1: Field<Self, UInt32> { Field(at: 12) }
}

/// The rules that are for some keys, ahead of those for everybody; a distinct set.
public enum AudienceRecord: TableRecord {
    @inlinable public static var section: SectionKind { .audiences }
    @inlinable public static var size: Int { 32 }
    /// Indices of rules with exact names, in the order of these; none twice.
    @inlinable public static var exact: Field<Self, IndexRange> { Field(at: 0) }
    /// Indices of rules with globs and patterns, in order; not of `*`.
    @inlinable public static var patterns: Field<Self, IndexRange> { Field(at: 8) }
    /// Indices of models that are listed for them alone, in order of their names.
    @inlinable public static var listing: Field<Self, IndexRange> { Field(at: 16) }
    @inlinable public static var starRule: Field<Self, UInt32> { Field(at: 24) }
    @inlinable public static var reserved: Field<Self, UInt32> { Field(at: 28) }
}

/// How endpoints are asked whether they are well; a distinct set.
public enum HealthRecord: TableRecord {
    @inlinable public static var section: SectionKind { .health }
    @inlinable public static var size: Int { 24 }
    @inlinable public static var path: Field<Self, StringRef> { Field(at: 0) }
    /// Milliseconds from one probe to the next.
    @inlinable public static var interval: Field<Self, UInt32> { Field(at: 8) }
    /// Milliseconds for a whole answer.
    @inlinable public static var timeout: Field<Self, UInt32> { Field(at: 12) }
    @inlinable public static var fall: Field<Self, UInt16> { Field(at: 16) }
    @inlinable public static var rise: Field<Self, UInt16> { Field(at: 18) }
    @inlinable public static var reserved: Field<Self, UInt32> { Field(at: 20) }
    /// In milliseconds.
    @inlinable public static var intervalRange: ClosedRange<UInt32> { 100...3_600_000 }
    @inlinable public static var timeoutRange: ClosedRange<UInt32> { 10...60_000 }
    /// Of `fall` and of `rise`.
    @inlinable public static var countRange: ClosedRange<UInt16> { 1...100 }
    /// Bytes of a path.
    @inlinable public static var pathMax: UInt32 { 1_024 }
}
