import Routing
import TableFormat

/// How endpoints are said to be: what `routerc route --given` decides with.
struct GivenState: EndpointLoads {
    private var down: Set<UInt32> = []
    private var limited: Set<UInt32> = []
    private var loads: [UInt32: EndpointLoad] = [:]
    /// Models that endpoints have named.
    private var named: [UInt32: Set<String>] = [:]
    /// Those that do not serve the model at hand.
    var others: [UInt32] = []

    /// The forms of `--given`, for help and errors.
    static let forms =
        "down=ENDPOINT, limited=ENDPOINT, in_flight=ENDPOINT:COUNT, failures=ENDPOINT:COUNT, "
        + "first_byte=ENDPOINT:MILLISECONDS or serves=ENDPOINT=MODEL"

    /// Reads what was given; says what is wrong with it, and ends the command.
    init(_ given: [String], in table: borrowing TableView) throws {
        var indexes: [String: UInt32] = [:]
        for index in 0..<table.count(EndpointRecord.self) {
            indexes[table.text(table.load(EndpointRecord.name, at: index))] = index
        }
        for text in given {
            guard let parts = GivenState.parts(of: text) else {
                Output.talk("error: --given wants \(GivenState.forms), not '\(text)'")
                throw ExitStatus.usage
            }
            guard let endpoint = indexes[parts.endpoint] else {
                Output.talk("error: no endpoint has the name '\(parts.endpoint)'")
                throw ExitStatus.usage
            }
            switch parts.fact {
            case .down: down.insert(endpoint)
            case .serves(let model): named[endpoint, default: []].insert(model)
            case .limited: limited.insert(endpoint)
            case .inFlight(let count): loads[endpoint, default: EndpointLoad()].inFlight = count
            case .failures(let count):
                loads[endpoint, default: EndpointLoad()].failures = Float(count)
            case .firstByte(let milliseconds):
                loads[endpoint, default: EndpointLoad()].firstByte = Float(milliseconds)
            }
        }
    }

    private enum Fact {
        case down
        case limited
        case inFlight(UInt32)
        case failures(UInt32)
        case firstByte(UInt32)
        case serves(String)
    }

    /// Nil where the text has none of the forms; names without one may have colons in them.
    private static func parts(of text: String) -> (endpoint: String, fact: Fact)? {
        guard let sign = text.firstIndex(of: "=") else { return nil }
        let value = text[text.index(after: sign)...]
        switch text[..<sign] {
        case "down": return value.isEmpty ? nil : (String(value), .down)
        case "limited": return value.isEmpty ? nil : (String(value), .limited)
        case "serves":
            // Both may hold colons, and a name no '='.
            guard let second = value.firstIndex(of: "=") else { return nil }
            let model = value[value.index(after: second)...]
            return (String(value[..<second]), .serves(String(model)))
        default: break
        }
        guard let colon = value.lastIndex(of: ":"),
            let count = UInt32(value[value.index(after: colon)...])
        else { return nil }
        let endpoint = String(value[..<colon])
        return switch text[..<sign] {
        case "in_flight": (endpoint, .inFlight(count))
        case "failures": (endpoint, .failures(count))
        case "first_byte": (endpoint, .firstByte(count))
        default: nil
        }
    }

    func isMember(endpoint: UInt32) -> Bool { !others.contains(endpoint) }

    func isAvailable(endpoint: UInt32) -> Bool {
        !down.contains(endpoint) && !limited.contains(endpoint) && !others.contains(endpoint)
    }

    /// Whether an endpoint has named a model; nil where nobody says what it has named.
    func names(_ endpoint: UInt32, _ model: String) -> Bool? {
        named[endpoint].map { $0.contains(model) }
    }

    /// Why no member of a pool can be tried.
    func refusal(ofPool pool: UInt32, in table: borrowing TableView) -> ProxyError {
        Routing.refusal(ofPool: pool, in: table) { limited.contains($0) && !down.contains($0) }
    }

    func load(endpoint: UInt32) -> EndpointLoad { loads[endpoint] ?? EndpointLoad() }
}
