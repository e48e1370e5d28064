internal import NIOCore
internal import Routing
internal import TableFormat
internal import Wire

// Answers of the router's own, and the record of an exchange.

extension ClientConnection {
    // MARK: - Refusals

    /// Answers with an error, if an answer can still be given.
    func refuse(_ error: ProxyError, byTimeout: Bool = false) {
        if byTimeout, machine.state == .readingHead {
            // What came is not a request, but it gets an answer and a record.
            exchange.table = loop.table
            exchange.generation = loop.table.generation
            beginExchange()
        }
        prepareAnswer(error)
        note(error)
        perform(byTimeout ? machine.timedOut() : machine.answered())
    }

    func prepareAnswer(_ error: ProxyError) {
        pendingAnswer = nil
        pendingBody = nil
        pendingError = error
    }

    func note(_ error: ProxyError) {
        exchange.error = error
        exchange.outcome = .refused
        exchange.status = error.status
        if error.speaksAgainstEndpoint {
            noteFailure(isOutOfOrder: error != .credentialRefused)
        }
    }

    /// An answer that has begun ends before its end; a client that reads events is told why.
    func breakOff(_ error: ProxyError) {
        exchange.error = error
        exchange.outcome = .truncated
        if error.speaksAgainstEndpoint { noteFailure() }
        writeLastEvent(error)
    }

    // MARK: - Local answers

    /// Answers what is asked of the router itself.
    func answerLocally(_ place: APIPath, _ table: LoadedTable) {
        switch place {
        case .health:
            answer(status: "200 OK", json: "{\"status\":\"ok\"}")
        case .ready:
            answer(status: "200 OK", json: "{\"status\":\"ready\"}")
        case .models: answerModels(table)
        case .model: answerModel(table)
        case .stats:
            answerStats(table)
        case .inference, .formInference, .unknown:
            refuse(.urlUnknown)
        }
    }

    /// Says which methods a path has (RFC 9110, section 9.3.7).
    func answerOptions(_ place: APIPath) {
        let isInference = place == .inference || place == .formInference
        let methods: StaticString = isInference ? "POST, OPTIONS" : "GET, HEAD, OPTIONS"
        var out = allocator.buffer(capacity: 128)
        out.writeStaticString("HTTP/1.1 204 No Content\r\nAllow: ")
        out.writeStaticString(methods)
        out.writeStaticString("\r\n")
        writeConnectionField(&out)
        out.writeStaticString("\r\n")
        pendingAnswer = out
        exchange.status = 204
        perform(machine.answered())
    }

    private func answer(status: StaticString, json: StaticString) {
        answer(status: status, body: ByteBuffer(staticString: json))
    }

    func answer(status: StaticString, body: ByteBuffer) {
        var out = allocator.buffer(capacity: body.readableBytes + 160)
        out.writeStaticString("HTTP/1.1 ")
        out.writeStaticString(status)
        out.writeStaticString("\r\nContent-Type: application/json\r\nContent-Length: ")
        out.writeString(String(body.readableBytes))
        out.writeStaticString("\r\n")
        writeConnectionField(&out)
        out.writeStaticString("\r\n")
        if !exchange.isHeadRequest {
            out.append(body.readableBytesSpan)
        }
        pendingAnswer = out
        exchange.status = 200
        perform(machine.answered())
    }

    func writeConnectionField(_ out: inout ByteBuffer) {
        if machine.closesAfterAnswer {
            out.writeStaticString("Connection: close\r\n")
        } else if exchange.isOldClient {
            out.writeStaticString("Connection: keep-alive\r\n")
        }
    }

    // MARK: - Writing them

    func writeContinue() {
        context?.writeAndFlush(
            wrapOutboundOut(ByteBuffer(staticString: "HTTP/1.1 100 Continue\r\n\r\n")),
            promise: nil)
    }

    /// Writes the prepared answer; an error is looked up when it is known how the exchange ends.
    func writeAnswer() {
        exchange.answered = Loop.monotonicNanoseconds()
        if let answer = pendingAnswer {
            write(withOwnLines(answer))
            if let body = pendingBody { write(list: body) }
        } else if let error = pendingError {
            let closes = machine.state != .idle
            let answer = loop.answers.bytes(
                error, closes: closes, isHead: exchange.isHeadRequest)
            write(withOwnLines(answer))
        }
        pendingAnswer = nil
        pendingBody = nil
        pendingError = nil
        flush()
    }

    // MARK: - The end of an exchange

    /// Gives back what the exchange held and records it.
    func endExchange() {
        releaseBody()
        loop.counters.inFlight -= 1
        let now = Loop.monotonicNanoseconds()
        endMetrics(now: now)
        record(now: now)
        dropTableCount()
        exchange.table = nil
        exchange.headBytes = ByteBuffer()
        exchange.body = ByteBuffer()
    }

    private func dropTableCount() {
        guard exchange.table != nil else { return }
        loop.countHold(generation: exchange.generation, by: -1)
    }

    /// An answer that goes on keeps the names for its record and lets table and request go.
    func letTableGo() {
        guard let table = exchange.table else { return }
        if loop.access != nil {
            exchange.keptNames = keepNames(table)
        }
        dropTableCount()
        exchange.table = nil
        exchange.headBytes = ByteBuffer()
        exchange.body = ByteBuffer()
        relay.headBytes = ByteBuffer()
    }

    private func keepNames(_ table: LoadedTable) -> KeptNames {
        var names = KeptNames(
            bytes: [], method: 0..<0, key: 0..<0, pool: 0..<0, endpoint: 0..<0, model: 0..<0,
            path: 0..<0, id: 0..<0)
        names.bytes.reserveCapacity(160)
        func keep(_ text: RawSpan) -> Range<Int> {
            let start = names.bytes.count
            for offset in 0..<text.byteCount {
                names.bytes.append(text.byte(offset))
            }
            return start..<names.bytes.count
        }
        table.withView { view in
            withMethodAndPath { method, path in
                names.method = keep(method)
                names.path = keep(path)
            }
            withNames(view) { key, pool, endpoint in
                names.key = keep(key)
                names.pool = keep(pool)
                names.endpoint = keep(endpoint)
            }
        }
        withLoggedModel { names.model = keep($0) }
        withOwnID { names.id = keep($0) }
        names.client = clientAddress()
        return names
    }

    /// Hands a record to the ring of the loop.
    private func record(now: UInt64) {
        guard let ring = loop.access else { return }
        var entry = AccessEntry()
        entry.wallMilliseconds = LogLine.wallMilliseconds()
        entry.durationMicroseconds = (now - exchange.began) / 1000
        if exchange.answered > 0 {
            entry.firstByteMicroseconds = (exchange.answered - exchange.began) / 1000
        }
        entry.bytesIn = exchange.bytesIn
        entry.bytesOut = exchange.bytesOut
        entry.generation = exchange.generation
        entry.status = exchange.status
        entry.attempts = exchange.attempts
        entry.outcome = exchange.outcome
        entry.error = exchange.error?.rawValue ?? 255
        if case .ours(let id) = exchange.id { entry.requestID = id }
        entry.client = exchange.keptNames?.client ?? clientAddress()
        let added = ring.append(entry) { writer in
            if let names = exchange.keptNames {
                let bytes = names.bytes.rawSpan
                writer.method(bytes.extracting(names.method))
                writer.key(bytes.extracting(names.key))
                writer.pool(bytes.extracting(names.pool))
                writer.endpoint(bytes.extracting(names.endpoint))
                writer.model(bytes.extracting(names.model))
                writer.path(bytes.extracting(names.path))
                writer.requestID(bytes.extracting(names.id))
                return
            }
            guard let table = exchange.table else { return }
            withMethodAndPath { method, _ in writer.method(method) }
            table.withView { view in
                withNames(view) { key, pool, endpoint in
                    writer.key(key)
                    writer.pool(pool)
                    writer.endpoint(endpoint)
                }
            }
            withLoggedModel { writer.model($0) }
            withMethodAndPath { _, path in writer.path(path) }
            withOwnID { writer.requestID($0) }
        }
        if added {
            loop.accessWriter?.wake()
        }
    }

    /// Names of key, pool and endpoint, as far as they were decided.
    private func withNames(
        _ view: borrowing TableView, _ body: (RawSpan, RawSpan, RawSpan) -> Void
    ) {
        func name<Record>(_ field: Field<Record, StringRef>, _ index: UInt32?) -> StringRef {
            guard let index, index != noIndex else { return .empty }
            return view.load(field, at: index)
        }
        body(
            view.string(name(KeyRecord.name, exchange.caller?.key)),
            view.string(name(PoolRecord.name, exchange.route?.pool)),
            view.string(name(EndpointRecord.name, exchange.endpoint)))
    }
}
