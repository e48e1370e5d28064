internal import Digest
internal import NIOCore
internal import Pattern
internal import Routing
internal import TableFormat

/// An answer to `GET /v1/models`: its body, and the tag that names these bytes.
struct ModelListAnswer {
    var body: ByteBuffer
    /// With its quotes (RFC 9110, section 8.8.3).
    var tag: [UInt8]

    init(_ body: ByteBuffer) {
        self.body = body
        tag = ModelListAnswer.tag(of: body.readableBytesSpan)
    }

    /// A strong tag: the same bytes have it on every loop and in every process.
    private static func tag(of body: RawSpan) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        var tag: [UInt8] = [0x22]
        for byte in Digest.sha256(body, RawSpan()).prefix(16) {
            tag.append(digits[Int(byte >> 4)])
            tag.append(digits[Int(byte & 0xF)])
        }
        return tag + [0x22]
    }
}

/// The list of the models that a caller sees: those of the spec, and those that were discovered.
///
/// `data` is OpenAI's list; `models` has an object for each of its elements, at the same index, as
/// llama-server and routheon give them. Both are in order of the ids' bytes.
struct ModelListWriter {
    private var data: ByteBuffer
    private var models: ByteBuffer
    private var isEmpty = true

    private init() {
        data = ByteBuffer()
        models = ByteBuffer()
        data.writeStaticString("{\"object\":\"list\",\"data\":[")
        models.writeStaticString("],\"models\":[")
    }

    /// What is listed of a table.
    static func list(
        _ listed: Listed, _ table: LoadedTable, scratch: borrowing MatchScratch
    ) -> ModelListAnswer {
        var writer = ModelListWriter()
        // Both are in the same order: the discovered ones go between the others.
        var rest = table.discovered.current.items[...]
        table.withView { view in
            forEachListedModel(listed, in: view) { name, entry in
                while let item = rest.first, item.id.rawSpan.precedes(name) {
                    rest.removeFirst()
                    writer.add(item, listed, table, scratch, view)
                }
                writer.add(name, entry, RawSpan())
            }
            for item in rest {
                writer.add(item, listed, table, scratch, view)
            }
        }
        return ModelListAnswer(writer.finished())
    }

    /// Adds a discovered model, if it is among those listed.
    private mutating func add(
        _ item: ModelCatalog.Item, _ listed: Listed, _ table: LoadedTable,
        _ scratch: borrowing MatchScratch, _ view: borrowing TableView
    ) {
        let id = item.id.rawSpan
        if case .scope(let scope, _) = listed {
            let isAllowed = allows(
                scope: scope, model: id, known: view.findModel(id), patterns: table.patterns,
                scratch: scratch, in: view)
            guard isAllowed, !item.isForPinnedKeys else { return }
        }
        add(id, item.entry.rawSpan, item.twin.rawSpan)
    }

    private mutating func add(_ id: RawSpan, _ entry: RawSpan, _ twin: RawSpan) {
        if !isEmpty {
            data.writeStaticString(",")
            models.writeStaticString(",")
        }
        isEmpty = false
        data.append(entry)
        guard twin.byteCount == 0 else {
            models.append(twin)
            return
        }
        let quoted = JSONText.quoted(String(decoding: bytes(of: id), as: UTF8.self))
        models.writeString("{\"model\":\(quoted),\"name\":\(quoted)}")
    }

    private consuming func finished() -> ByteBuffer {
        var whole = data
        whole.writeImmutableBuffer(models)
        whole.writeStaticString("]}")
        return whole
    }
}

/// The lists that a loop has ready, of one table and one state of its catalog.
struct ModelListCache {
    private var generation: UInt32 = 0
    private var version: UInt64 = 0
    private var lists: [Listed: ModelListAnswer] = [:]
    private var byteCount = 0

    /// What is listed of a table, made where it is not ready.
    mutating func list(
        _ listed: Listed, _ table: LoadedTable, scratch: borrowing MatchScratch
    ) -> ModelListAnswer {
        // Looked at ahead of the catalog: what comes between the two makes the list newer.
        let version = table.discovered.version
        if table.generation != generation || version != self.version {
            lists = [:]
            byteCount = 0
            generation = table.generation
            self.version = version
        }
        if let known = lists[listed] { return known }
        let made = ModelListWriter.list(listed, table, scratch: scratch)
        if byteCount + made.body.readableBytes > Limits.keptListBytesMax {
            lists = [:]
            byteCount = 0
        }
        lists[listed] = made
        byteCount += made.body.readableBytes
        return made
    }
}
