/// How grave a finding is.
///
/// An error stops the compiler before it plans a table.
public enum Severity: String, Sendable, Comparable {
    case warning
    case error

    /// Warnings are less than errors.
    public static func < (left: Severity, right: Severity) -> Bool {
        left == .warning && right == .error
    }
}

/// One finding of the compiler, as a value: the library never prints.
///
/// Stages append diagnostics and return what they can, so that one run reports everything. The
/// human text is complete without `fixIts`. Shape after HCL's `Diagnostic` and rustc's suggestions.
public struct Diagnostic: Sendable, Equatable {
    /// A place and what to say of it.
    public struct Label: Sendable, Equatable {
        /// The place.
        public var span: SourceSpan
        /// One phrase, no full stop; empty to underline only.
        public var text: String

        /// A place with a text.
        public init(_ span: SourceSpan, _ text: String = "") {
            self.span = span
            self.text = text
        }
    }

    /// How sure a replacement is (rustc's applicability).
    public enum Applicability: String, Sendable {
        case machineApplicable = "machine-applicable"
        case maybeIncorrect = "maybe-incorrect"
        case hasPlaceholders = "has-placeholders"
    }

    /// A replacement of bytes that would mend the finding.
    public struct FixIt: Sendable, Equatable {
        /// What to replace.
        public var span: SourceSpan
        /// The bytes to put there.
        public var replacement: String
        /// How sure this is.
        public var applicability: Applicability

        /// A replacement of the bytes of a span.
        public init(_ span: SourceSpan, _ replacement: String, _ applicability: Applicability) {
            self.span = span
            self.replacement = replacement
            self.applicability = applicability
        }
    }

    /// Which rule was broken.
    public var code: DiagnosticCode
    /// How grave it is; that of its code.
    public var severity: Severity
    /// One phrase, no full stop; states the rule and quotes what the author wrote.
    public var message: String
    /// Where it is.
    public var primary: Label
    /// What else to look at.
    public var secondary: [Label]
    /// Further sentences, shown as `= note:`.
    public var notes: [String]
    /// What to do, shown as `= help:`.
    public var help: String?
    /// Replacements that would mend it.
    public var fixIts: [FixIt]

    /// A finding with the severity of its code.
    public init(
        _ code: DiagnosticCode,
        _ message: String,
        at primary: Label,
        also secondary: [Label] = [],
        notes: [String] = [],
        help: String? = nil,
        fixIts: [FixIt] = []
    ) {
        self.code = code
        self.severity = code.severity
        self.message = message
        self.primary = primary
        self.secondary = secondary
        self.notes = notes
        self.help = help
        self.fixIts = fixIts
    }
}
