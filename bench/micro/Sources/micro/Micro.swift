/// Runs one case after the other and says where each begins and ends.
///
///     micro count TABLE       every case between two marks of callgrind
///     micro time TABLE        nanoseconds of every case, without valgrind
///     micro trace TABLE       single decisions between two stores that a trace of memory shows
@main
struct Micro {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 3 else {
            throw Misuse(what: "usage: micro count|time|trace TABLE")
        }
        let table = try TableFile(arguments[2])
        switch arguments[1] {
        case "count": try runAll(table, with: Counter())
        case "time": try runAll(table, with: Clock())
        case "trace": try traceDecisions(table)
        default: throw Misuse(what: "no such verb: \(arguments[1])")
        }
    }
}

/// What was asked for cannot be done.
struct Misuse: Error, CustomStringConvertible {
    let what: String
    var description: String { what }
}

/// Something that is done many times; `index` counts from 0.
///
/// The answer depends on the work, so that the optimizer cannot leave it out.
protocol MeasuredCase {
    /// What thresholds call it.
    var name: String { get }
    /// How often it is done between two marks.
    var count: Int { get }
    mutating func run(_ index: Int) -> Int
}

/// What is found out about a case.
protocol Meter {
    func measure<Case: MeasuredCase>(_ measured: inout Case)
}

/// Every case, from the loop that does nothing to the largest body.
func runAll(_ table: TableFile, with meter: some Meter) throws {
    let requests = Requests(table)
    var empty = EmptyCase()
    meter.measure(&empty)
    var canary = CanaryCase()
    meter.measure(&canary)
    for isHot in [true, false] {
        var identify = IdentifyCase(table, requests, isHot: isHot)
        meter.measure(&identify)
        var decide = DecideCase(table, requests, isHot: isHot)
        meter.measure(&decide)
        var key = FindKeyCase(table, requests, isHot: isHot)
        meter.measure(&key)
    }
    for kind in ["exact", "glob", "pattern", "miss"] {
        var model = FindModelCase(table, kind: kind)
        meter.measure(&model)
    }
    var hash = HashKeyCase(table)
    meter.measure(&hash)
    for head in [SampleHead.python, .minimal] {
        measureHead(head, meter)
    }
    for answer in [SampleHead.streamAnswer, .minimalAnswer] {
        measureAnswer(answer, meter)
    }
    for byteCount in [1 << 10, 32 << 10, 1 << 20] {
        var body = BodyCase(byteCount: byteCount)
        meter.measure(&body)
    }
    for shape in RelayCase.Shape.allCases {
        var relay = RelayCase(shape)
        meter.measure(&relay)
    }
}
