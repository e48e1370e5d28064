package import TableFormat
internal import Wire

/// The models that an endpoint has named, by id.
package struct FoundModels: Sendable {
    /// One of them, with what is shown of it.
    package struct Model: Sendable {
        package var id: [UInt8]
        /// Its object of `data` in `/v1/models`; a JSON object.
        package var entry: [UInt8]
        /// Its object of `models`; a JSON object, or empty where the endpoint had none.
        package var twin: [UInt8]
        /// Where the value of `created` stands in `entry`.
        fileprivate var created: Range<Int>

        /// Whether another is the same but for `created`: llama-server says the time of the answer.
        fileprivate func isLike(_ other: Model) -> Bool {
            id == other.id && twin == other.twin
                && entry[..<created.lowerBound] == other.entry[..<other.created.lowerBound]
                && entry[created.upperBound...] == other.entry[other.created.upperBound...]
        }
    }

    /// In order of their ids' bytes, no id twice.
    package private(set) var models: [Model] = []
    /// What they take up, about.
    package private(set) var byteCount = 0

    /// Reads the answer of an endpoint; nil where it is no list of models.
    ///
    /// What is not sound is left out. Objects over a limit are shown by their id alone.
    package init?(_ answer: [UInt8], kind: EndpointKind) {
        guard let list = try? ModelList(answer.rawSpan) else { return nil }
        guard let entries = kind == .ollama ? list.models : list.data else { return nil }
        var objects: [[UInt8]: ByteRange] = [:]
        for twin in list.models ?? [] where objects[twin.id] == nil {
            objects[twin.id] = twin.object
        }
        var known: Set<[UInt8]> = []
        for entry in entries where known.insert(entry.id).inserted {
            let twin = slice(answer, objects[entry.id] ?? .empty)
            var object = kind == .ollama ? [] : slice(answer, entry.object)
            var created = 0..<0
            if object.isEmpty {
                object = FoundModels.minimalEntry(entry.id, owner: "\(kind)")
            } else if !entry.created.isEmpty {
                let start = Int(entry.object.start)
                created = Int(entry.created.start) - start..<Int(entry.created.end) - start
            }
            models.append(Model(id: entry.id, entry: object, twin: twin, created: created))
            byteCount += entry.id.count + object.count + twin.count + 64
        }
        models.sort { $0.id.lexicographicallyPrecedes($1.id) }
    }

    /// A copy of an object, or nothing where it is too large to be shown or too much is held.
    private func slice(_ answer: [UInt8], _ range: ByteRange) -> [UInt8] {
        let isLarge =
            range.count > Limits.discoveredObjectBytesMax
            || byteCount + range.count > Limits.discoveredEndpointBytesMax
            || FoundModels.hasLongNumber(answer[range.offsets])
        return isLarge ? [] : Array(answer[range.offsets])
    }

    /// Whether an object has more digits in a row than a number needs: some parsers refuse the
    /// whole document for one of thousands.
    private static func hasLongNumber(_ object: ArraySlice<UInt8>) -> Bool {
        var count = 0
        for byte in object {
            count = byte >= 0x30 && byte <= 0x39 ? count + 1 : 0
            if count > Limits.discoveredDigitsMax { return true }
        }
        return false
    }

    /// What is shown of a model of which only the id is known.
    package static func minimalEntry(_ id: [UInt8], owner: String) -> [UInt8] {
        Array(JSONText.model(id: String(decoding: id, as: UTF8.self), owner: owner).utf8)
    }

    /// The model with this id.
    package func find(_ id: [UInt8]) -> Model? {
        let next = models.partitioningIndex { !$0.id.lexicographicallyPrecedes(id) }
        return next < models.count && models[next].id == id ? models[next] : nil
    }

    /// Whether nobody would see a difference.
    package func isLike(_ other: FoundModels) -> Bool {
        models.count == other.models.count
            && zip(models, other.models).allSatisfy { $0.isLike($1) }
    }
}
