import Replay
import Testing

@Suite("Damage")
struct DamageTests {
    /// Recovery from damaged bytes must keep exactly the exemplars outside the named blocks.
    private func check(
        _ bytes: [UInt8], whole: [Exemplar], _ comment: @autoclosure () -> Comment
    ) throws -> [Damage] {
        let recovery = try ReplayMemory.recover(bytes)
        let lost = recovery.damages.reduce(0) { $0 + $1.lostExemplars }
        let held = try recovery.memory.exemplars()
        #expect(held.count == whole.count - lost, comment())
        #expect(Set(held).isSubset(of: whole), comment())
        return recovery.damages
    }

    @Test("Every flipped bit is noticed, named, and costs at most its block")
    func everyBit() throws {
        // Short texts: two blocks, a thousand bytes or two, so that every bit can have its turn.
        var memory = try memory(
            offering: (0..<140).map { Exemplar(text: "text \($0)", label: "label \($0 % 2)", sequence: Int64($0)) })
        let bytes = try memory.encode()
        let whole = try memory.exemplars()
        for bit in 0..<bytes.count * 8 {
            var damaged = bytes
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            let damages = try check(damaged, whole: whole, "bit \(bit)")
            #expect(damages.count == 1, "bit \(bit)")
            #expect((damages.first?.lostExemplars ?? 0) <= 128, "bit \(bit)")
            #expect(throws: ReplayError.damaged(damages)) { try ReplayMemory(decoding: damaged) }
        }
    }

    @Test("So is a random bit of a large memory with a dictionary", arguments: 0..<100)
    func sampledBits(seed: Int) throws {
        let bytes = try Self.large.get()
        var generator = SeededGenerator(seed: UInt64(seed))
        var damaged = bytes
        damaged[generator.uniform(below: bytes.count)] ^= 1 << UInt8(generator.uniform(below: 8))
        let recovery = try ReplayMemory.recover(damaged)
        let lost = recovery.damages.reduce(0) { $0 + $1.lostExemplars }
        #expect(recovery.damages.count == 1)
        #expect(lost <= 128)
        #expect(recovery.memory.count == 4_000 - lost)
    }

    private static let large = Result {
        var large = try memory(exemplars: 4_000, offering: stream(4_000))
        let bytes = try large.encode()
        #expect(large.statistics().dictionaryBytes > 0)
        return bytes
    }

    @Test("A lost block is named by number, size and labels, and the rest goes on")
    func lostBlock() throws {
        var memory = try memory(offering: stream(300, labels: 1))
        var bytes = try memory.encode()
        bytes[bytes.count / 2] ^= 0x10
        var recovery = try ReplayMemory.recover(bytes)
        #expect(recovery.damages == [.block(number: 1, exemplars: 128, labels: ["label 0"])])
        #expect(recovery.damages.map(\.description) == ["block 1, 128 exemplars of label 0 lost"])
        #expect(try recovery.memory.offer(stream(1, start: 900)[0]) == .stored)
        #expect(try ReplayMemory(decoding: recovery.memory.encode()).count == 173)
    }

    @Test("Cut at any byte, it is either named as damaged or unreadable, and never crashes")
    func truncation() throws {
        var memory = try memory(offering: stream(200))
        let bytes = try memory.encode()
        let whole = try memory.exemplars()
        for length in 0..<bytes.count {
            let cut = Array(bytes.prefix(length))
            #expect(throws: ReplayError.self) { try ReplayMemory(decoding: cut) }
            do {
                #expect(
                    try check(cut, whole: whole, "length \(length)").contains(
                        .length(expected: bytes.count, found: length)))
            } catch ReplayError.unreadable {
                #expect(length < bytes.count / 2, "blocks were there, and so was the first index")
            }
        }
    }

    @Test("Bytes too many are noticed")
    func trailing() throws {
        var memory = try memory(offering: stream(20))
        let bytes = try memory.encode()
        #expect(throws: ReplayError.self) { try ReplayMemory(decoding: bytes + [0]) }
        #expect(try ReplayMemory.recover(bytes + [0]).memory.exemplars() == memory.exemplars())
    }

    @Test("Random bursts never crash and never return a text that was not there", arguments: 0..<200)
    func bursts(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        var memory = try memory(offering: stream(400))
        var bytes = try memory.encode()
        let whole = try memory.exemplars()
        for _ in 0...generator.uniform(below: 4) {
            let start = generator.uniform(below: bytes.count)
            for position in start..<min(bytes.count, start + 1 + generator.uniform(below: 64)) {
                bytes[position] = UInt8(truncatingIfNeeded: generator.next())
            }
        }
        do {
            _ = try check(bytes, whole: whole, "seed \(seed)")
        } catch ReplayError.unreadable(let reason) {
            #expect(reason.contains("both copies"))
        }
    }

    @Test("An index with a right checksum and wrong content is refused or read, but never crashes", arguments: 0..<300)
    func forged(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        var memory = try memory(offering: stream(150))
        var bytes = try memory.encode()
        let length = bytes[10..<14].reversed().reduce(0) { $0 << 8 | Int($1) }
        for _ in 0...generator.uniform(below: 3) {
            // Half of the forgeries in the fixed part, which compression does not shield.
            let span = seed % 2 == 0 ? min(60, length) : length
            bytes[22 + generator.uniform(below: span)] = UInt8(truncatingIfNeeded: generator.next())
        }
        let index = Array(bytes[22..<22 + length])
        bytes.replaceSubrange(14..<18, with: littleEndian(Checksum.crc32c(index)))
        bytes.replaceSubrange(18..<22, with: littleEndian(Checksum.crc32c(bytes[0..<18])))
        let header = Array(bytes[0..<22])
        bytes.replaceSubrange(bytes.count - 22 - length..<bytes.count, with: index + header)
        do {
            let recovery = try ReplayMemory.recover(bytes)
            #expect(try recovery.memory.exemplars().count == recovery.memory.count)
        } catch {
            #expect(!"\(error)".isEmpty)
        }
    }

    private func littleEndian(_ word: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(8 * $0)) }
    }

    @Test("Another version is refused as such, noise as no memory")
    func foreign() throws {
        #expect(throws: ReplayError.self) { try ReplayMemory(decoding: []) }
        #expect(throws: ReplayError.self) { try ReplayMemory(decoding: [UInt8](repeating: 7, count: 500)) }

        var memory = try memory(offering: stream(5))
        var bytes = try memory.encode()
        for header in [0, bytes.count - 22] {
            bytes[header + 8] = 2
            let checksum = littleEndian(Checksum.crc32c(bytes[header..<header + 18]))
            bytes.replaceSubrange(header + 18..<header + 22, with: checksum)
        }
        #expect(throws: ReplayError.unsupportedVersion(found: 2, supported: 1)) { try ReplayMemory(decoding: bytes) }
    }
}
