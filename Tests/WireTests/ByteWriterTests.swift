import Testing
import Wire

/// The cursor that fills a buffer.
struct ByteWriterTests {
    static let numbers: [UInt64] =
        [0, 1, 9, 10, 11, 15, 16, 17, 99, 100, 255, 256, 4_095, 4_096, .max, .max - 1]
        + (0..<64).map { 1 << $0 } + (0..<64).map { (1 << $0) - 1 }
        + (0..<19).map { (0..<$0).reduce(1) { power, _ in power * 10 } }

    @Test(arguments: numbers)
    func writesNumbers(number: UInt64) {
        #expect(written { $0.write(decimal: number) } == Array(String(number).utf8))
        #expect(written { $0.write(hex: number) } == Array(String(number, radix: 16).utf8))
    }

    @Test func writesBytesOneBehindTheOther() {
        let bytes = Array("0123456789".utf8)
        let nothing: [UInt8] = []
        let all = written(capacity: 20) { writer in
            writer.write("ab")
            writer.write("")
            writer.write(bytes.raw)
            writer.write(nothing.raw)
            writer.write(bytes.raw, ByteRange(start: 2, end: 4))
            writer.write(bytes.raw, .empty)
            writer.write(UInt8(ascii: "!"))
            #expect(writer.count == 15)
            writer.write(decimal: 12_345)
            #expect(writer.capacity == writer.count)
        }
        #expect(String(decoding: all, as: UTF8.self) == "ab012345678923!12345")
    }

    @Test func trapsBeyondItsCapacity() async {
        await #expect(processExitsWith: .failure) {
            _ = written(capacity: 3) { $0.write("abcd") }
        }
        await #expect(processExitsWith: .failure) {
            let bytes: [UInt8] = [1, 2]
            _ = written(capacity: 9) { $0.write(bytes.raw, ByteRange(start: 1, end: 3)) }
        }
        await #expect(processExitsWith: .success) {
            _ = written(capacity: 4) { $0.write("abcd") }
        }
    }
}
