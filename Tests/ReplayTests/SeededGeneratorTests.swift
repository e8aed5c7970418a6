import Replay
import Testing

@Suite("Seeded generator")
struct SeededGeneratorTests {
    @Test("gives the first numbers of the published xoshiro256** for the state 1, 2, 3, 4")
    func referenceSequence() throws {
        var generator = try #require(SeededGenerator(state: [1, 2, 3, 4]))
        let expected: [UInt64] = [11520, 0, 1_509_978_240, 1_215_971_899_390_074_240]
        #expect(expected.indices.map { _ in generator.next() } == expected)
    }

    @Test("fills its state by the published SplitMix64")
    func seeding() {
        #expect(
            SeededGenerator(seed: 1_234_567).state == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
                4_593_380_528_125_082_431,
            ])
    }

    @Test("refuses a state it could never leave or never have", arguments: [[], [1, 2, 3], [0, 0, 0, 0]])
    func invalidStates(state: [UInt64]) {
        #expect(SeededGenerator(state: state) == nil)
    }

    @Test("continues from a saved state")
    func continuation() throws {
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<100 { _ = generator.next() }
        var restored = try #require(SeededGenerator(state: generator.state))
        #expect((0..<100).map { _ in generator.next() } == (0..<100).map { _ in restored.next() })
    }

    @Test("draws below a bound evenly", arguments: [2, 3, 10, 77])
    func uniform(bound: Int) {
        var generator = SeededGenerator(seed: UInt64(bound))
        var counts = [Int](repeating: 0, count: bound)
        let draws = 1_000 * bound
        for _ in 0..<draws { counts[generator.uniform(below: bound)] += 1 }
        let statistic = counts.reduce(0.0) { $0 + (Double($1) - 1_000) * (Double($1) - 1_000) / 1_000 }
        #expect(statistic < chiSquareBound(degreesOfFreedom: bound - 1))
    }

    @Test("CRC-32C has its published check value")
    func checksum() {
        #expect(Checksum.crc32c(Array("123456789".utf8)) == 0xE306_9283)
        #expect(Checksum.crc32c([]) == 0)
    }
}
