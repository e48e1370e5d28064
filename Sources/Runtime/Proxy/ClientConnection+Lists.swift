internal import NIOCore
internal import Routing
internal import TableFormat
internal import Wire

// `/v1/models` and `/v1/models/{id}`: what a caller may use, from what is known at the moment.

extension ClientConnection {
    /// Answers `GET /v1/models`.
    func answerModels(_ table: LoadedTable) {
        guard let caller = exchange.caller else {
            return refuse(.listingNotAllowed)
        }
        guard loop.untakenListBytes < Limits.untakenListBytesMax else {
            return refuse(.overloaded)
        }
        let shown = table.withView { listed(for: caller, in: $0) }
        answer(loop.modelLists.list(shown, table, scratch: loop.scratch))
    }

    /// Answers `GET /v1/models/{id}` for a model that the caller may use, listed or not, or that is
    /// in the list it sees.
    func answerModel(_ table: LoadedTable) {
        switch modelEntry(table) {
        case .success(let entry): answer(ModelListAnswer(entry))
        case .failure(let error): refuse(error)
        }
    }

    private func modelEntry(_ table: LoadedTable) -> Result<ByteBuffer, ProxyError> {
        guard let range = exchange.head?.path, let caller = exchange.caller else {
            return .failure(.modelNotFound)
        }
        let headBytes = exchange.headBytes
        let path = headBytes.readableBytesSpan.extracting(range)
        let id = percentDecoded(path.extracting(APIPath.modelIDStart..<path.byteCount))
        guard let text = String(validating: id, as: UTF8.self), id.count <= 256 else {
            return .failure(.modelNotFound)
        }
        return table.withView { view in
            let route = resolve(
                model: id.rawSpan, caller: caller, patterns: table.patterns,
                scratch: loop.scratch, in: view)
            // What the spec spells out it describes, too.
            let known = view.findModel(id.rawSpan)
            let isSpelled = known.map { isSpelledOut($0, in: view) } ?? false
            let found = isSpelled ? nil : table.discovered.current.find(id)
            // A list of models is no model.
            if case .success(let route) = route, route.partEnd != 0 {
                return .failure(.modelNotFound)
            }
            if case .failure(let error) = route {
                let isShown = listed(for: caller, in: view) == .all && (isSpelled || found != nil)
                guard isShown else { return .failure(error) }
            }
            var body = allocator.buffer(capacity: 256)
            if let found {
                body.writeBytes(found.entry)
            } else if let known {
                body.append(view.string(view.load(ModelRecord.entry, at: known)))
            } else {
                body.writeString(JSONText.model(id: text))
            }
            return .success(body)
        }
    }

    /// Answers with a list, or says that it is the one the client has (RFC 9110, section 13.1.2).
    private func answer(_ list: ModelListAnswer) {
        let isKnown = clientHas(list.tag)
        var out = allocator.buffer(capacity: 256)
        out.writeStaticString(isKnown ? "HTTP/1.1 304 Not Modified\r\n" : "HTTP/1.1 200 OK\r\n")
        if !isKnown {
            out.writeStaticString("Content-Type: application/json\r\nContent-Length: ")
            out.writeString(String(list.body.readableBytes))
            out.writeStaticString("\r\n")
        }
        out.writeStaticString("ETag: ")
        out.writeBytes(list.tag)
        // It is the caller's own, and to be asked for again each time.
        out.writeStaticString("\r\nCache-Control: private, no-cache\r\n")
        writeConnectionField(&out)
        out.writeStaticString("\r\n")
        pendingAnswer = out
        pendingBody = isKnown || exchange.isHeadRequest ? nil : list.body
        exchange.status = isKnown ? 304 : 200
        perform(machine.answered())
    }

    private func clientHas(_ tag: [UInt8]) -> Bool {
        let name = Array("if-none-match".utf8)
        let headBytes = exchange.headBytes
        loop.recallFields(headBytes, of: self)
        let head = headBytes.readableBytesSpan
        var next = loop.requestFields.firstIndex(of: name.rawSpan, in: head)
        while let index = next {
            let value = head.extracting(loop.requestFields[index].value)
            if EntityTags.lists(value, tag: tag.rawSpan) { return true }
            next = loop.requestFields.firstIndex(of: name.rawSpan, in: head, from: index + 1)
        }
        return false
    }
}
