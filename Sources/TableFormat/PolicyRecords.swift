// The meaning of each field stands once, in Layout.swift, where the document takes it from.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

// The layout of what pools say about failures; see Records.swift.

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
