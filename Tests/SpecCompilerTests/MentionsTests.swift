import Testing

@testable import SpecCompiler

/// What nothing refers to is said to be unused, unless an error hides what may refer to it.
@Suite struct MentionsTests {
    @Test func theWordForDiscoverySilencesNothingElsewhere() {
        let outcome = Outcome(
            """
            pools:
              - { name: used, endpoints: ["http://127.0.0.1:8001"], models: [m] }
              - { name: idle, endpoints: ["http://127.0.0.1:8002"] }
            models:
              - { match: n, pool: used, about: { description: discovered } }
            keys:
              - { name: k, secret: file:/run/k, models: [zzz] }
            """)
        #expect(outcome.codes == ["R322", "R324"])
    }

    /// What an endpoint names is served where a rule leads to it, and makes no rule.
    @Test func whatIsDiscoveredNeedsARule() {
        let outcome = Outcome(
            """
            pools:
              - { name: used, endpoints: ["http://127.0.0.1:8001"], models: [m] }
              - name: idle
                endpoints: [{ url: "http://127.0.0.1:8002", models: discovered }]
            keys:
              - { name: k, secret: file:/run/k, models: [zzz] }
            """)
        #expect(outcome.codes == ["R322", "R324"])
    }
}
