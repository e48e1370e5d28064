internal import NIOCore
internal import Routing
internal import TableFormat
internal import Wire

// The body of a request, as far as it is read here: for its model, and to be kept.

extension ClientConnection {
    /// Sees to it that the body is read, or goes on without one.
    func wantBody(_ head: RequestHead, _ use: BodyUse) {
        do throws(ProxyError) {
            try chooseLook(use)
        } catch {
            refuse(error)
            return
        }
        // Only where the client waits: what has come already needs no invitation.
        let invites = head.expectContinue && inbound.readableBytes == 0
        perform(machine.bodyWanted(expectsContinue: invites))
        guard machine.state == .readingBody else {
            exchange.bodyIsComplete = true
            decide()
            return
        }
        exchange.bodyDeadline = loop.nowMilliseconds + Limits.bodyMilliseconds
        setBodyTimer()
    }

    /// Decides how the body is read for its model.
    private func chooseLook(_ use: BodyUse) throws(ProxyError) {
        guard use != .nothing else { return }
        let fields = loop.requestFields
        guard !fields.contains(.contentEncoding) else {
            throw ProxyError.contentEncodingUnsupported
        }
        exchange.look = .json
        // Of two types an upstream may believe the other one.
        guard !fields.repeats(.contentType) else { throw ProxyError.malformedRequest }
        // Without a type the body is taken for JSON: it will be looked at closely.
        guard let type = fields.first(.contentType) else { return }
        let headBytes = exchange.headBytes
        let value = headBytes.readableBytesSpan.extracting(type.value)
        switch MediaType(value) {
        case .json: return
        case .multipart where use == .formOrJSON:
            guard let range = MediaType.multipartBoundary(value),
                let scanner = MultipartScanner(boundary: value.extracting(range))
            else { throw ProxyError.malformedForm }
            exchange.look = .form
            exchange.form = Form(scanner: scanner)
        default: throw ProxyError.mediaTypeUnsupported
        }
    }

    /// The next byte of the body is due, and the last one by the deadline of all.
    func setBodyTimer() {
        let now = loop.nowMilliseconds
        let left = exchange.bodyDeadline > now ? exchange.bodyDeadline - now : 0
        setTimer(min(loop.clientTimeouts.bodyStall, left))
    }

    /// Takes what has come of the body; false where more is needed.
    func readBody() -> Bool {
        do throws(ProxyError) {
            switch exchange.framing {
            case .none: exchange.bodyIsComplete = true
            case .length(let count): try readBody(length: Int(count))
            case .chunked: try readChunks()
            }
        } catch {
            refuse(error)
            return true
        }
        if exchange.bodyIsComplete {
            machine.bodyArrived()
            decide()
            return true
        }
        if canStreamBody {
            beginUpload()
            return true
        }
        setBodyTimer()
        return false
    }

    private func readBody(length: Int) throws(ProxyError) {
        let available = min(length, inbound.readableBytes)
        let seen = exchange.bodyBytesSeen
        exchange.bytesIn += UInt64(available - seen)
        exchange.bodyBytesSeen = available
        try charge(upTo: available)
        let received = inbound
        let bytes = received.readableBytesSpan
        switch exchange.look {
        case .nothing: break
        case .json: try scan(bytes.extracting(0..<available))
        case .form: try scanForm(bytes.extracting(seen..<available))
        }
        guard available == length, let body = inbound.readSlice(length: length) else { return }
        exchange.body = body
        exchange.bodyIsComplete = true
    }

    private func readChunks() throws(ProxyError) {
        exchange.bodyIsComplete = try takeChunks { exchange.body.append($0) }
        try charge(upTo: exchange.body.readableBytes)
        if exchange.look == .json {
            let body = exchange.body
            try scan(body.readableBytesSpan)
        }
    }

    /// Takes what has come of a chunked body, within its limit; true at its end.
    ///
    /// `take` gets the data of each chunk, once it has been looked at where it is a form's.
    /// Extensions and trailers stay behind (RFC 9112, sections 7.1.1 and 7.1.2): who reads them
    /// and how is nothing to rely on.
    func takeChunks(_ take: (RawSpan) -> Void) throws(ProxyError) -> Bool {
        let limit = exchange.table?.settings.maxBodyBytes ?? 0
        let received = inbound
        let bytes = received.readableBytesSpan
        var position = 0
        var isComplete = false
        reading: while true {
            let step: ChunkStep
            do throws(ChunkFault) {
                step = try exchange.decoder.next(bytes, at: &position)
            } catch {
                throw ProxyError.malformedRequest
            }
            switch step {
            case .data(let start, let count):
                exchange.bodyBytesSeen += count
                guard exchange.bodyBytesSeen <= limit else { throw ProxyError.bodyTooLarge }
                let data = bytes.extracting(start..<start + count)
                try scanForm(data)
                take(data)
            case .needMore:
                break reading
            case .end:
                isComplete = true
                break reading
            }
        }
        inbound.moveReaderIndex(forwardBy: position)
        exchange.bytesIn += UInt64(position)
        return isComplete
    }

    /// Charges the budget for bytes that are kept, or may come to be.
    func charge(upTo total: Int) throws(ProxyError) {
        let count = total - exchange.chargedBytes
        guard count > 0 else { return }
        guard loop.budget.take(count) else {
            throw ProxyError.overloaded
        }
        exchange.chargedBytes = total
    }

    private func scan(_ body: RawSpan) throws(ProxyError) {
        do throws(JSONFault) {
            _ = try exchange.scanner.scan(body)
        } catch {
            throw ProxyError(error)
        }
    }

    /// Looks at the next piece of a body that is a form; at nothing where it is none.
    func scanForm(_ piece: RawSpan) throws(ProxyError) {
        guard let form = exchange.form else { return }
        do throws(MultipartFault) {
            try form.scanner.scan(piece)
        } catch {
            throw ProxyError(error)
        }
    }

    /// The last piece of a form has been looked at.
    func finishForm() throws(ProxyError) {
        guard let form = exchange.form else { return }
        do throws(MultipartFault) {
            try form.scanner.finish()
        } catch {
            throw ProxyError(error)
        }
    }

    // MARK: - The model

    /// Where the model of the body leads this caller.
    func resolveModel(_ table: LoadedTable, _ caller: Caller) throws(ProxyError) -> Route {
        if let form = exchange.form {
            if exchange.bodyIsComplete { try finishForm() }
            guard form.scanner.hasModel else { throw ProxyError.modelMissing }
        } else {
            try finishJSON()
        }
        let result = withModel { model in
            table.withView { view in
                resolve(
                    model: model, caller: caller, patterns: table.patterns,
                    scratch: loop.scratch, in: view)
            }
        }
        return try result.get()
    }

    private func finishJSON() throws(ProxyError) {
        do throws(JSONFault) {
            let body = exchange.body
            try exchange.scanner.finish(body.readableBytesSpan)
        } catch {
            throw ProxyError(error)
        }
        guard exchange.scanner.model.type == .string else {
            throw ProxyError.modelMissing
        }
    }

    /// Calls `body` with the model id of the request, unescaped; with nothing where there is none.
    func withModel<Result>(_ body: (RawSpan) -> Result) -> Result {
        if let form = exchange.form {
            let model = form.scanner.model
            return body(model.rawSpan)
        }
        let requestBody = exchange.body
        let bytes = requestBody.readableBytesSpan
        let model = exchange.scanner.model
        // A body that has been let go has no model any more.
        guard model.type == .string, Int(model.token.end) <= bytes.byteCount else {
            return body(RawSpan())
        }
        guard model.hasEscapes else {
            return body(bytes.extracting(model.content))
        }
        return unsafe withUnsafeTemporaryAllocation(
            byteCount: MemberScanner.modelByteLimit, alignment: 8
        ) { area in
            var writer = unsafe ByteWriter(area)
            model.writeText(bytes, into: &writer)
            let text = unsafe UnsafeRawBufferPointer(rebasing: area[..<writer.count])
            return unsafe body(text.bytes)
        }
    }
}
