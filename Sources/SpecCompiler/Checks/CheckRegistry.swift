/// What checks look at: what was written, and what it means.
struct CheckInput {
    let document: SpecDocument
    let spec: ResolvedSpec
    /// What was written, of each source: for what an error kept out of `document`.
    let trees: [NodeTree]
}

/// All checks of meaning, in the order of their codes.
///
/// A new check is a file and a line here.
enum CheckRegistry {
    private static let checks: [@Sendable (CheckInput, inout Findings) -> Void] = [
        UnknownFallbackCheck.run,
        EmptyPoolCheck.run,
        UnreachableRuleCheck.run,
        WeightlessPoolCheck.run,
        SharedSecretCheck.run,
        RepeatedEndpointCheck.run,
        SharedURLCheck.run,
        SimilarNamesCheck.run,
        StarWithoutStarCheck.run,
        EnvironmentSecretCheck.run,
        PinnedWithModelsCheck.run,
        SharedAddressCheck.run,
        LiteralStarCheck.run,
        CAWithoutTLSCheck.run,
        ExposedAdminCheck.run,
        OverlappingRulesCheck.run,
        SkippedRuleCheck.run,
        UnusedPoolCheck.run,
        UnusedEndpointCheck.run,
        DeadMatcherCheck.run,
        ShadowedPatternCheck.run,
        PlainCredentialCheck.run,
        SpreadCredentialCheck.run,
        OwnAddressCheck.run,
        OpenListenerCheck.run,
        IdleSendAsCheck.run,
        LooserAnonymousCheck.run,
        OtherPortCheck.run,
        UnrestrictedKeyCheck.run,
        RepeatedMatcherCheck.run,
        KeyPathCheck.run,
        DrainedPoolCheck.run,
        IdleHealthCheck.run,
        FormatLimitsCheck.run,
    ]

    /// Runs every check, so that one run reports everything.
    static func run(_ input: CheckInput, findings: inout Findings) {
        for check in checks {
            check(input, &findings)
        }
    }
}
