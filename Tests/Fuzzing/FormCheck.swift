import ReferenceParsers
import TableFormat
import Wire

/// What a scan of a form ends with.
private struct FormScan: Equatable {
    var fault: MultipartFault?
    var model: [UInt8]?
    var modelRange = 0..<0
    var lengthRange = 0..<0
    var wantsStream = false

    /// Scans a form, each piece in a buffer of its own.
    init(_ form: [UInt8], _ scanner: MultipartScanner, cuts: [Int] = []) {
        var scanner = scanner
        var start = 0
        do throws(MultipartFault) {
            for end in cuts + [form.count] {
                let piece = Array(form[start..<end])
                try scanner.scan(piece.rawSpan)
                start = end
            }
            try scanner.finish()
        } catch {
            fault = error
        }
        if scanner.hasModel { model = scanner.model }
        modelRange = scanner.modelRange
        lengthRange = scanner.modelLengthRange
        wantsStream = scanner.wantsStream
    }
}

/// Forms: what is routed on is what the endpoint reads.
///
/// The first line of an input is the value of Content-Type, the rest is the body. The reference
/// says whether the scanner accepts a form and what it finds. No reader, however lenient, may see
/// another `model` in a form that is accepted, and putting another model in its place changes
/// nothing else.
package enum FormCheck {
    /// Throws where one of these does not hold.
    package static func run(_ input: [UInt8]) throws(Mismatch) {
        let type = Array(input.prefix { $0 != 0x0A })
        let form = Array(input.dropFirst(type.count + 1))
        guard let range = MediaType.multipartBoundary(type.rawSpan)?.offsets,
            let scanner = MultipartScanner(boundary: Array(type[range]).rawSpan)
        else { return }
        let boundary = Array(type[range])
        try checkBoundary(boundary, type)
        let scan = FormScan(form, scanner)
        for cuts in Cuts.lists(for: form, everyPlaceUpTo: 160) + [Array(form.indices)] {
            try requireEqual(FormScan(form, scanner, cuts: cuts), scan, "cut at \(cuts)")
        }
        let text = String(decoding: boundary, as: UTF8.self)
        let reference = ReferenceForm(form, boundary: text)
        try requireEqual(scan.fault == nil, reference != nil, "whether it is accepted")
        guard let reference else { return }
        try compare(scan, with: reference, form)
        try checkReaders(scan, form, boundary)
        try checkSplice(scan, form, scanner, reference, boundary: text)
    }

    /// A longer boundary does no harm: where it is, ours is, and that is refused.
    private static func checkBoundary(_ boundary: [UInt8], _ type: [UInt8]) throws(Mismatch) {
        let ours = String(decoding: boundary, as: UTF8.self).lowercased()
        let text = String(String.UnicodeScalarView(type.map { Unicode.Scalar($0) }))
        for theirs in LenientBoundary.readings(of: text) {
            try require(theirs.hasPrefix(ours), "the boundary is \(ours), and \(theirs) to some")
        }
    }

    private static func compare(
        _ scan: FormScan, with reference: ReferenceForm, _ form: [UInt8]
    ) throws(Mismatch) {
        try requireEqual(scan.modelRange, reference.model ?? 0..<0, "where the model is")
        try requireEqual(
            scan.model, reference.model.map { Array(form[$0]) }, "the value of the model")
        let isTrue = ["true", "True", "1"].contains(reference.stream)
        try requireEqual(scan.wantsStream, isTrue, "the value of stream")
        let lengthText = reference.parts.first { $0.name == "model" }?.lengthText ?? ""
        try requireEqual(
            form[scan.lengthRange].shown, Array(lengthText.utf8).shown, "the length of the model")
    }

    /// Readers with no habit, with each, and with all see the model that the scanner sees, and no
    /// other.
    private static func checkReaders(
        _ scan: FormScan, _ form: [UInt8], _ boundary: [UInt8]
    ) throws(Mismatch) {
        let expected = scan.model.map { [$0] } ?? []
        let mixes = [[], FormHabit.allCases] + FormHabit.allCases.map { [$0] }
        for habits in mixes {
            let reader = LenientForm(form, boundary: boundary, habits: Set(habits))
            try require(
                reader.models == expected,
                "\(reader.models.map(\.shown)) to a reader with \(habits)")
        }
    }

    // MARK: - Another model

    /// Puts another model in the place of the one there is, as `send_as` does.
    private static func checkSplice(
        _ scan: FormScan, _ form: [UInt8], _ scanner: MultipartScanner,
        _ reference: ReferenceForm, boundary: String
    ) throws(Mismatch) {
        guard scan.model != nil else { return }
        // No boundary makes a delimiter of this.
        let model = Array("other/model:2".utf8)
        var spliced = form
        spliced.replaceSubrange(scan.modelRange, with: model)
        let lengthText = "\(model.count)"
        if !scan.lengthRange.isEmpty {
            spliced.replaceSubrange(scan.lengthRange, with: lengthText.utf8)
        }
        let again = FormScan(spliced, scanner)
        try requireEqual(again.fault, nil, "the scan of the form with another model")
        try requireEqual(again.model, model, "the model after it was put there")
        try requireEqual(again.wantsStream, scan.wantsStream, "stream with another model")
        try requireEqual(
            again.lengthRange.lowerBound, scan.lengthRange.lowerBound, "where the length is")
        guard let after = ReferenceForm(spliced, boundary: boundary) else {
            throw Mismatch("no form with another model")
        }
        let expected = reference.parts.map { part in
            part.name == "model"
                ? ReferenceForm.Part(
                    name: part.name, lengthText: part.lengthText.map { _ in lengthText },
                    content: model) : part
        }
        try require(after.parts == expected, "another model changes more than the model")
    }
}
