import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import Runtime

@Suite struct AdminTests {
    @Test(arguments: [
        "127.0.0.1", "127.0.0.1:9901", "[::1]", "[::1]:9901", "localhost", "LOCALHOST:80",
        "10.1.2.3", "localhost:",
    ])
    func hostsThatNameNoSite(host: String) {
        #expect(AdminDoor.isLocal(host))
    }

    @Test(arguments: [
        "", ":9901", "evil.example", "evil.example:9901", "localhost.evil.example", "localhost:x",
        "127.0.0.1.evil.example", "[::1", "[evil]", "[127.0.0.1]", "127.1", "0x7f.1", "local host",
        "127.0.0.1:80:80", "127.0.0.1,evil.example",
    ])
    func hostsThatMayBeASite(host: String) {
        #expect(!AdminDoor.isLocal(host))
    }

    @Test(arguments: [
        ("127.0.0.1", AdminDoor.loopback), ("127.200.1.1", .loopback), ("::1", .loopback),
        ("0.0.0.0", .keyed), ("::", .keyed), ("10.0.0.1", .keyed), ("fe80::1", .keyed),
        ("::ffff:127.0.0.1", .keyed),
    ])
    func addressesHaveDoors(address: String, door: AdminDoor) throws {
        #expect(AdminDoor(try SocketAddress(ipAddress: address, port: 1)) == door)
    }

    @Test func socketsAreOpenAndTheUnknownIsClosed() throws {
        #expect(AdminDoor(try SocketAddress(unixDomainSocketPath: "/run/x")) == .socket)
        #expect(AdminDoor(nil) == .keyed)
    }

    @Test func targetsAreTakenApart() {
        #expect(AdminRequest("/status").path == "/status")
        #expect(!AdminRequest("/status").wantsText)
        #expect(AdminRequest("/status?format=text").wantsText)
        #expect(AdminRequest("/status?x=1&format=text").path == "/status")
        #expect(!AdminRequest("/status?format=json").wantsText)
        #expect(AdminRequest("/status?").path == "/status")
    }
}

@Suite struct ReloadRequestsTests {
    private final class Count: Sendable {
        let value = Atomic<Int>(0)
    }

    private static let outcome = ReloadOutcome(
        report: ReloadReport(at: 0, durationMicroseconds: 3), digest: "d", generation: 2)

    @Test func oneReloadAnswersAllThatWaited() throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        defer { try? group.syncShutdownGracefully() }
        let wakes = Count()
        let requests = ReloadRequests { wakes.value.add(1, ordering: .relaxed) }
        let first = (0..<5).map { _ in requests.ask(on: group.next()) }
        #expect(wakes.value.load(ordering: .relaxed) == 1)
        let taken = requests.take()
        #expect(taken.count == 5)
        // This one came too late for that reload, and wakes for the next.
        let late = requests.ask(on: group.next())
        #expect(wakes.value.load(ordering: .relaxed) == 2)
        for promise in taken { promise.succeed(ReloadRequestsTests.outcome) }
        for future in first { #expect(try future.wait()?.generation == 2) }
        for promise in requests.take() { promise.succeed(nil) }
        #expect(try late.wait() == nil)
    }

    @Test func nobodyWaitsForAProcessThatStops() throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        defer { try? group.syncShutdownGracefully() }
        let requests = ReloadRequests {}
        let loops = Array(group.makeIterator())
        let (left, other) = (requests.ask(on: loops[0]), requests.ask(on: loops[1]))
        requests.abandon(on: loops[0])
        #expect(try left.wait() == nil)
        requests.close()
        #expect(try other.wait() == nil)
        #expect(try requests.ask(on: loops[0]).wait() == nil)
        #expect(requests.take().isEmpty)
    }

    @Test func anOutcomeIsJSONAndText() {
        let refused = ReloadOutcome(
            report: ReloadReport(reason: "a \"b\"", at: 0, durationMicroseconds: 7), digest: "d",
            generation: 1)
        #expect(
            refused.json
                == #"{"result":"refused","reason":"a \"b\"","digest":"d","generation":1,"#
                + #""duration_us":7}"# + "\n")
        #expect(refused.text.hasPrefix("table refused: a \"b\"\n"))
        #expect(ReloadRequestsTests.outcome.json.hasPrefix(#"{"result":"ok","reason":null,"#))
    }
}
