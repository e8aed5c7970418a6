import Adapters
import Testing

@Suite struct SeededGeneratorTests {
    @Test func `From state zero it gives SplitMix64's published first outputs`() {
        var generator = SeededGenerator(state: 0)
        #expect(generator.next() == 0xE220_A839_7B1D_CDAF)
        #expect(generator.next() == 0x6E78_9E6A_A1B9_65F4)
        #expect(generator.next() == 0x06C4_5D18_8009_454F)
    }

    @Test func `A generator restored from its state continues as if it had never stopped`() {
        var original = SeededGenerator(seed: 7, stream: 3)
        for _ in 0..<100 { _ = original.next() }
        var restored = SeededGenerator(state: original.state)
        for _ in 0..<100 { #expect(restored.next() == original.next()) }
    }

    @Test func `Streams of a seed and seeds of a stream differ`() {
        var first: Set<UInt64> = []
        for seed in 0..<20 as Range<UInt64> {
            for stream in 0..<20 as Range<UInt64> {
                var generator = SeededGenerator(seed: seed, stream: stream)
                first.insert(generator.next())
            }
        }
        #expect(first.count == 400)
    }

    @Test func `Units are uniform in 0..<1`() {
        var generator = SeededGenerator(seed: 1, stream: 1)
        var counts = [Int](repeating: 0, count: 10)
        for _ in 0..<100_000 {
            let value = generator.nextUnit()
            #expect(value >= 0 && value < 1)
            counts[Int(value * 10)] += 1
        }
        // Chi-square with 9 degrees of freedom: 27.9 is exceeded once in a thousand.
        let statistic = counts.reduce(0.0) { $0 + (Double($1) - 10_000) * (Double($1) - 10_000) / 10_000 }
        #expect(statistic < 27.9)
    }
}
