import Schema
import Testing

@Suite("Spans of slices")
struct SliceSpansTests {
    @Test("the eight before the newest stand alone, older ones in spans that double")
    func indices() {
        let spans = SliceSpans(newest: 100)
        let ages = [0, 1, 8, 9, 16, 17, 32, 33, 64, 65, 99]
        #expect(ages.map { spans.index(of: 100 - $0) } == [0, 1, 8, 9, 9, 10, 10, 11, 11, 12, 12])
    }

    @Test("their number grows with the logarithm of the history", arguments: [(8, 8), (100, 13), (10_000, 20)])
    func count(experiences: Int, expected: Int) {
        let spans = SliceSpans(newest: experiences + 1)
        #expect(Set((1...experiences).map(spans.index)).count <= expected)
        #expect((1..<experiences).allSatisfy { spans.index(of: $0) >= spans.index(of: $0 + 1) })
    }
}
