import Replay
import Testing

@Suite struct PayloadTests {
    private func answered(_ count: Int) -> [Exemplar] {
        stream(count).map {
            var exemplar = $0
            let number = Int($0.sequence)
            exemplar.payload = number % 3 == 0 ? [] : (0..<number % 40).map { UInt8(($0 * 7 + number) % 256) }
            return exemplar
        }
    }

    @Test func `Bytes beside a text come back with it`() throws {
        var memory = try memory(offering: answered(600))
        let decoded = try ReplayMemory(decoding: memory.encode())
        let expected = Dictionary(uniqueKeysWithValues: answered(600).map { ($0.text, $0.payload) })
        let found = try decoded.exemplars()
        #expect(found.count == 600)
        for exemplar in found { #expect(exemplar.payload == expected[exemplar.text]) }
    }

    @Test func `Bytes can be put beside a text that is held, and to no other`() throws {
        var memory = try memory(offering: stream(300))
        _ = try memory.encode()
        let text = try memory.exemplar(at: 7).text
        let held = memory.attach([1, 2, 3], to: text)
        #expect(held)
        let decoded = try ReplayMemory(decoding: memory.encode())
        #expect(try decoded.exemplars().filter { !$0.payload.isEmpty } == [try memory.exemplar(at: 7)])
        #expect(try decoded.exemplar(at: 7).payload == [1, 2, 3])
        let stranger = memory.attach([1], to: "nowhere")
        #expect(!stranger)
    }

    @Test func `Payloads count against the byte budget`() throws {
        var memory = try memory(bytes: 8_192, offering: stream(400))
        for exemplar in try memory.exemplars() { memory.attach([UInt8](repeating: 7, count: 64), to: exemplar.text) }
        #expect(try memory.encode().count <= 8_192)
        #expect(memory.count < 130 && memory.count > 20)
        #expect(try memory.exemplars().allSatisfy { $0.payload.count == 64 })
    }
}
