import Foundation
import Pipeline
import Schema
import Store
import Testing

@Suite("Replay files")
struct ReplayFilesTests {
    private func with(_ body: (Home, ReplayFiles) throws -> Void) throws {
        let home = Home(root: FileManager.default.temporaryDirectory.appending(path: "replay-\(UUID().uuidString)"))
        defer { try? FileManager.default.removeItem(at: home.root) }
        try home.create()
        try body(home, ReplayFiles(home: home))
    }

    @Test("A damaged file makes way for the content that its name promises")
    func repairs() throws {
        try with { home, files in
            let memory = try ReplayFiles.emptyMemory(recipe: Recipe())
            let generation = try #require(try files.write(memory))
            let file = home.replayGeneration(generation.digest)
            let whole = try Data(contentsOf: file)
            var damaged = whole
            damaged[damaged.count / 2] ^= 1
            try damaged.write(to: file)
            #expect(try files.write(memory) == generation)
            #expect(try Data(contentsOf: file) == whole)
        }
    }

    @Test("A missing file is named, with a remedy")
    func missing() throws {
        try with { home, files in
            let digest = "sha256:" + String(repeating: "a", count: 64)
            let state = ReplayState(generation: ReplayGeneration(digest: digest, examples: 1, bytes: 1))
            let error = #expect(throws: (any Error).self) { try files.load(state, recipe: Recipe()) }
            let words = error.map { "\($0)" } ?? ""
            #expect(words.contains(home.replayGeneration(digest).path), "\(words)")
            #expect(words.contains("restore an earlier generation"), "\(words)")
        }
    }

    @Test("A folder that cannot be written is named in plain words")
    func unwritable() throws {
        try with { home, files in
            try FileManager.default.removeItem(at: home.replay)
            let error = try #require(
                #expect(throws: StoreError.self) { try files.write(try ReplayFiles.emptyMemory(recipe: Recipe())) })
            #expect(error.description.hasPrefix("cannot write \(home.replay.path)/sha256-"), "\(error)")
            #expect(!error.description.contains("Domain="), "\(error)")
        }
    }
}
