import Testing

@testable import SpecCompiler

/// Random texts are told from names by how often the sorts of their signs change.
@Suite struct RandomTextTests {
    @Test(arguments: [
        "Zq7vK2mXw9Tb4RcY8nPd3", "9f8a7b6c5d4e3f2a1b0c", "3F2504E0-4F89-41D3-9A0C-0305E82C3301",
        "dGhpcyBpcyBhIHNlY3JldCBrZXk5", "1234567890123456", "abc1def2ghi3jkl4mno5",
    ])
    func randomTextsAreTold(text: String) {
        #expect(RandomText.isLikely(text.utf8))
    }

    @Test(arguments: [
        "", "name", "secret", "a1b2c3d4e5f6", "X-Amz-Content-Sha256", "X-Amz-Security-Token",
        "x-stainless-retry-count", "OpenAI-Organization", "Sec-CH-UA-Platform-Version",
        "maxIPv4ConnectionsPerHour2", "utf8_to_utf16_base64", "X-B3-ParentSpanId-2024",
        "qwen3-30b-a3b-instruct-2507", "llama-3.3-70b-instruct-q4_k_m", "expires-2026-11-21",
        "DeepSeek-R1-Distill-Qwen-14B", "a text of several words 1 2 3 4 5", "correcthorsebattery",
        "Mistral-Small-3.2-24B-Instruct-2506", "gpt-oss-120b-mxfp4-00001-of-00003",
    ])
    func namesAreNot(text: String) {
        #expect(!RandomText.isLikely(text.utf8))
    }

    /// Of what generators of keys make, hardly any is missed.
    @Test func mostOfWhatIsDrawnIsFound() {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
        let digits = Array("0123456789abcdef".utf8)
        var state: UInt64 = 1
        func draw(_ signs: [UInt8], _ count: Int) -> [UInt8] {
            (0..<count).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return signs[Int(state >> 33) % signs.count]
            }
        }
        for (signs, count) in [(letters, 32), (letters, 43), (digits, 32), (digits, 64)] {
            let found = (0..<1_000).count { _ in RandomText.isLikely(draw(signs, count)) }
            #expect(found >= 970, "\(count) of \(signs.count): \(found)")
        }
    }
}
