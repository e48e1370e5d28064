import Foundation
import Fuzzing
import Testing

/// The fuzz targets on their seeds, on what was found before, and on mutations of both.
///
/// `scripts/fuzz` looks for more; what it finds is stored beside the seeds and stays mended here.
struct FuzzRegressionTests {
    @Test(arguments: FuzzTarget.all)
    func seedsHold(target: FuzzTarget) throws {
        let seeds = try FuzzFiles.seeds(of: target.name)
        #expect(seeds.count >= 5, "a target wants seeds")
        for seed in seeds { expectHolds(target, seed.bytes, seed.path) }
    }

    @Test(arguments: FuzzTarget.all)
    func foundCasesStayMended(target: FuzzTarget) throws {
        for found in try FuzzFiles.found(of: target.name) {
            expectHolds(target, found.bytes, found.path)
        }
    }

    @Test(arguments: FuzzTarget.all)
    func mutationsHold(target: FuzzTarget) throws {
        let files = try FuzzFiles.seeds(of: target.name) + FuzzFiles.found(of: target.name)
        let tokens = try FuzzFiles.dictionary(of: target.name)
        var mutator = Mutator(seed: 9112, seeds: files.map(\.bytes), tokens: tokens)
        for index in 0..<target.mutationCount {
            expectHolds(target, mutator.next(), "mutation \(index)")
        }
    }

    private func expectHolds(_ target: FuzzTarget, _ bytes: [UInt8], _ name: String) {
        do {
            try target.check(bytes)
        } catch {
            let shown = Data(bytes).base64EncodedString()
            Issue.record("\(target.name), \(name): \(error); in base 64: \(shown)")
        }
    }

    /// Each folder belongs to a target, so that no seed is forgotten.
    @Test func everyFolderIsOfATarget() throws {
        let names = Set(FuzzTarget.all.map(\.name))
        #expect(names.count == FuzzTarget.all.count)
        #expect(try FuzzFiles.folders("Corpus") == names.union([FuzzTarget.canary.name]))
        #expect(try FuzzFiles.folders("Found").isSubset(of: names))
    }
}

/// A harness that never fails is worth nothing.
struct FuzzHarnessTests {
    private static let song =
        "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"

    @Test func theCanarySings() {
        #expect(throws: Mismatch.self) {
            try FuzzTarget.canary.check(Array(FuzzHarnessTests.song.utf8))
        }
        #expect(throws: Never.self) {
            try FuzzTarget.canary.check(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
        }
    }

    /// Every difference that is allowed is one, and is needed.
    @Test(arguments: RequestDifference.allCases)
    func differencesAreReal(difference: RequestDifference) {
        let bytes = Array(difference.example.utf8)
        #expect(throws: Never.self) { try RequestHeadCheck.run(bytes) }
        #expect(throws: Mismatch.self) { try RequestHeadCheck.run(bytes, without: difference) }
    }

    /// Every habit of a reader of forms shows another model where it alone is the cause.
    @Test(arguments: FormHabit.allCases)
    func habitsAreReal(habit: FormHabit) {
        let form = Array(habit.example.utf8)
        let model = Array("m".utf8)
        let strict = LenientForm(form, boundary: Array("b".utf8), habits: [])
        #expect(strict.models == [model])
        let reader = LenientForm(form, boundary: Array("b".utf8), habits: [habit])
        #expect(reader.models.count == 2 || reader.models.first != model)
        #expect(throws: Never.self) {
            try FormCheck.run(Array("multipart/form-data; boundary=b\n".utf8) + form)
        }
    }

    @Test func mutationsRepeatAndDiffer() {
        let seed = Array(FuzzHarnessTests.song.utf8)
        var first = Mutator(seed: 1, seeds: [seed], tokens: [])
        var second = Mutator(seed: 1, seeds: [seed], tokens: [])
        let mutations = (0..<100).map { _ in first.next() }
        #expect(mutations == (0..<100).map { _ in second.next() })
        #expect(Set(mutations).count > 90)
    }
}

extension FuzzTarget: CustomTestStringConvertible {
    package var testDescription: String { name }
}
