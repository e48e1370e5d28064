/// One parser, and what must hold of it whatever the bytes are.
///
/// `all` is the list of them: `scripts/fuzz` runs each for as long as asked, and the regression
/// tests run each on its seeds, on what was found before, and on mutations of both. A further
/// target is a file with a check, a line here, a folder of seeds in `Corpus` and a dictionary.
package struct FuzzTarget: Sendable {
    /// The name: of the folder of its seeds, too.
    package let name: String
    /// How many mutations the regression tests try, so that they take a second or two.
    package let mutationCount: Int
    /// Throws where the bytes show that something does not hold.
    package let check: @Sendable ([UInt8]) throws(Mismatch) -> Void

    /// Every target that has to hold.
    package static let all: [FuzzTarget] = [
        FuzzTarget(name: "request-head", mutationCount: 2_000, check: RequestHeadCheck.run),
        FuzzTarget(name: "response-head", mutationCount: 2_000, check: ResponseHeadCheck.run),
        FuzzTarget(name: "chunked", mutationCount: 2_000, check: ChunkedCheck.run),
        FuzzTarget(name: "json", mutationCount: 2_000, check: JSONCheck.run),
        FuzzTarget(name: "form", mutationCount: 1_000, check: FormCheck.run),
        FuzzTarget(name: "rewrite", mutationCount: 3_000, check: RewriteCheck.run),
        FuzzTarget(name: "table", mutationCount: 3_000, check: TableCheck.run),
        FuzzTarget(name: "yaml", mutationCount: 1_000, check: YAMLCheck.run),
    ]

    /// A target that fails on purpose, to see that failing is seen.
    package static let canary = FuzzTarget(
        name: "canary", mutationCount: 0, check: CanaryCheck.run)

    /// The target with a name, the canary too.
    package static func named(_ name: String) -> FuzzTarget? {
        (all + [canary]).first { $0.name == name }
    }
}
