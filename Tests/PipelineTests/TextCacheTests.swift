import Adapters
import Foundation
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

    @Test("what is written is read by the next process, for the same model alone")
    func files() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: directory) }
        let files = FeatureFiles(directory: directory, context: "model float32")
        let adapter = ContentDigest(of: Data("adapter".utf8))
        #expect(files.read(nil) == nil)

        let cache = TextCache()
        _ = computed([[1, 2], [3, 4]], by: cache)
        files.write(cache, of: adapter)
        let read = try #require(files.read(adapter))
        #expect(computed([[3, 4], [1, 2], [5, 6]], by: read) == [[5, 6]])
        #expect(files.read(nil) == nil)
        #expect(files.read(ContentDigest(of: Data("other".utf8))) == nil)
        #expect(FeatureFiles(directory: directory, context: "model bfloat16").read(adapter) == nil)

        // Only what changed is written.
        let file = try #require(
            try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil).first)
        try FileManager.default.removeItem(at: file)
        files.write(cache, of: adapter)
        #expect(files.read(adapter) == nil)
    }

    @Test("rests count from one process to the next")
    func restsOnDisk() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: directory) }
        let files = FeatureFiles(directory: directory, context: "model")
        let cache = TextCache()
        _ = computed([[1], [2]], by: cache)
        for _ in 0..<TextCache.limit - 1 { cache.rest() }
        _ = computed([[2]], by: cache)
        files.write(cache, of: nil)
        let read = try #require(files.read(nil))
        read.rest()
        read.rest()
        #expect(computed([[1], [2]], by: read) == [[1]])
    }

    @Test("a damaged file is passed over, and an old one removed")
    func damagedAndOld() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: directory) }
        let files = FeatureFiles(directory: directory, context: "model")
        let cache = TextCache()
        _ = computed([[1], [2]], by: cache)
        files.write(cache, of: nil)
        let file = try #require(
            try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil).first)
        let whole = try Data(contentsOf: file)
        for place in [0, 9, 13, 20, whole.count / 2, whole.count - 1] {
            var damaged = whole
            damaged[place] ^= 1
            try damaged.write(to: file)
            #expect(files.read(nil) == nil, "byte \(place)")
        }
        for count in [0, 10, whole.count - 1] {
            try whole.prefix(count).write(to: file)
            #expect(files.read(nil) == nil, "\(count) bytes")
        }
        try whole.write(to: file)
        files.removeOld()
        #expect(files.read(nil) != nil)
        files.removeOld(now: Date() + 31 * 86_400)
        #expect(files.read(nil) == nil)
    }
}
