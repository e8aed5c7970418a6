import Adapters
import Foundation
import Testing
import TinyBert
import Transformers

@Suite struct AdapterStoreTests {
    let encoder: any TextEncoder
    let store: AdapterStore
    let files: AdapterFiles

    init() throws {
        encoder = try TinyBert.encoder()
        store = AdapterStore(
            directory: FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString))
        files = try AdapterFiles(TinyBert.adapter(encoder), lineage: TinyBert.lineage)
    }

    private func removeStore() { try? FileManager.default.removeItem(at: store.directory) }

    private var entries: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: store.directory.path).sorted() }
    }

    @Test func `A saved adapter stands in a directory of its digest's name and loads`() throws {
        defer { removeStore() }
        let digest = try store.save(files)
        #expect(try entries == [digest.directoryName])
        #expect(store.contains(digest))
        #expect(store.digests() == [digest])
        #expect(try store.files(of: digest).contents == files.contents)
        #expect(try store.load(digest, for: encoder).labels == TinyBert.labels)
    }

    @Test func `Saving the same twice leaves one directory`() throws {
        defer { removeStore() }
        #expect(try store.save(files) == store.save(files))
        #expect(try entries.count == 1)
    }

    @Test func `Many savers at once leave one intact directory`() async throws {
        defer { removeStore() }
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 { group.addTask { (try? store.save(files)) == files.digest } }
            for await saved in group { #expect(saved) }
        }
        #expect(try entries == [files.digest.directoryName])
        #expect(try store.files(of: files.digest).contents == files.contents)
    }

    @Test(arguments: AdapterFiles.names)
    func `A changed byte in any file is noticed, and saving again repairs it`(name: String) throws {
        defer { removeStore() }
        let digest = try store.save(files)
        let file = store.location(of: digest).appendingPathComponent(name)
        var content = try Data(contentsOf: file)
        content[content.count / 2] ^= 1
        try content.write(to: file)
        #expect {
            try store.load(digest, for: encoder)
        } throws: { error in
            if case AdapterError.digestMismatch(_, digest.description, _) = error { true } else { false }
        }
        try store.save(files)
        #expect(try store.files(of: digest).contents == files.contents)
        #expect(try entries == [digest.directoryName])
    }

    @Test func `What a killed save left behind is no adapter and does not disturb`() throws {
        defer { removeStore() }
        for name in AdapterFiles.names.indices {
            let half = store.directory.appendingPathComponent(".\(name).tmp")
            try FileManager.default.createDirectory(at: half, withIntermediateDirectories: true)
            for file in AdapterFiles.names.prefix(name) {
                try files.contents[file]?.prefix(10).write(to: half.appendingPathComponent(file))
            }
        }
        #expect(store.digests().isEmpty)
        #expect(try store.digests() + [store.save(files)] == [files.digest])
    }

    @Test func `A directory that cannot be written is named`() throws {
        let blocked = AdapterStore(directory: URL(fileURLWithPath: "/proc/adapters"))
        #expect {
            try blocked.save(files)
        } throws: { error in
            if case AdapterError.unwritable("/proc/adapters", _) = error { true } else { false }
        }
    }

    @Test func `A removed adapter is gone, and removing it again is fine`() throws {
        defer { removeStore() }
        let digest = try store.save(files)
        try store.remove(digest)
        #expect(!store.contains(digest))
        try store.remove(digest)
        #expect(throws: AdapterError.self) { try store.load(digest, for: encoder) }
    }
}
