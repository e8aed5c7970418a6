import Pipeline
import Testing

@Suite("Text cache")
struct TextCacheTests {
    /// What the cache had to compute for some texts.
    private func computed(_ texts: [[Int32]], by cache: TextCache) -> Set<[Int32]> {
        var asked: Set<[Int32]> = []
        let features = cache.features(texts) { missing in
            asked = Set(missing)
            return missing.map { $0.map(Float.init) }
        }
        #expect(features == texts.map { $0.map(Float.init) })
        return asked
    }

    @Test("a text is computed once, however often it stands in what is asked")
    func once() {
        let cache = TextCache()
        #expect(computed([[1], [2], [1]], by: cache) == [[1], [2]])
        #expect(computed([[2], [3]], by: cache) == [[3]])
    }

    @Test("what is asked for between rests stays, and what is not is forgotten after so many")
    func rests() {
        let cache = TextCache()
        _ = computed([[1], [2]], by: cache)
        for _ in 0..<TextCache.limit {
            cache.rest()
            #expect(computed([[1]], by: cache) == [])
        }
        #expect(computed([[2]], by: cache) == [], "asked for just in time")
        for _ in 0..<TextCache.limit + 1 { cache.rest() }
        #expect(computed([[1], [2]], by: cache) == [[1], [2]])
    }
}
