import ArgumentParser

/// A part of a whole, as people write it: `5%`, `0.25%`.
struct Percentage: ExpressibleByArgument {
    /// From 0 to 1.
    let share: Double

    init?(argument: String) {
        guard argument.hasSuffix("%") else { return nil }
        let digits = argument.dropLast().reversed().drop { $0 == " " }.reversed()
        let isPlain = digits.allSatisfy { ("0"..."9").contains($0) || $0 == "." }
        guard isPlain, let value = Double(String(digits)), value <= 100 else { return nil }
        share = value / 100
    }

    /// A share with a tenth of a percent; what is not nothing, or not all, does not look so.
    static func text(_ share: Double) -> String {
        let tenths = Int((share * 1_000).rounded())
        if tenths == 0, share > 0 { return "< 0.1 %" }
        if tenths == 1_000, share < 1 { return "> 99.9 %" }
        return "\(tenths / 10).\(tenths % 10) %"
    }
}
