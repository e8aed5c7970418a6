import Adapters
import Foundation
import Testing
import TinyBert

@Suite struct NamedSumsTests {
    private static let sums = "sha256:" + String(repeating: "0a", count: 32)

    private func files() throws -> AdapterFiles {
        try AdapterFiles(TinyBert.adapter(TinyBert.encoder()), lineage: TinyBert.lineage)
    }

    private func manifest(_ files: AdapterFiles) throws -> String {
        String(decoding: try #require(files.contents["perennial.json"]), as: UTF8.self)
    }

    @Test func `Named sums are read again; without their name the files have their digest again`() throws {
        let files = try files()
        #expect(files.sums == nil)
        let named = files.naming(sums: Self.sums)
        #expect(named.sums == Self.sums)
        #expect(named.digest != files.digest)
        #expect(named.withoutExportLines.contents == files.contents)
        #expect(files.withoutExportLines.contents == files.contents)
        #expect(try named.lineage() == files.lineage())
        #expect(try named.adapter(for: TinyBert.encoder()).labels == TinyBert.labels)
    }

    @Test func `The manifest stays as it is written everywhere: two keys more, in their place`() throws {
        let named = try manifest(files().naming(sums: Self.sums))
        let object = try #require(try JSONSerialization.jsonObject(with: Data(named.utf8)) as? [String: Any])
        #expect(object["analytic"] as? String == Self.sums)
        #expect(Set(object.keys) == ["adapter", "analytic", "features", "format", "labels", "lineage"])
        let digest = try files().digest
        #expect(object["adapter"] as? String == digest.description)
        let lines = "\"adapter\" : \"\(digest)\",\n  \"analytic\" : \"\(Self.sums)\","
        #expect(named.hasPrefix("{\n  \(lines)\n  \"features\" : {"))
    }

    @Test func `Sums that are named anew replace those that were`() throws {
        let other = "sha256:" + String(repeating: "f", count: 64)
        let files = try files().naming(sums: other).naming(sums: Self.sums)
        #expect(files.sums == Self.sums)
        #expect(try !manifest(files).contains(other))
    }

    @Test func `Files that are not what their manifest names are refused; one that names none is not asked`() throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try files().naming(sums: nil).write(to: directory)
        defer { try? FileManager.default.removeItem(at: directory) }
        #expect(try AdapterFiles(contentsOf: directory).sums == nil)
        try AdapterFiles(contentsOf: directory).requireUndamaged(in: directory)

        let weights = directory.appendingPathComponent("adapter_model.safetensors")
        var bytes = try Data(contentsOf: weights)
        bytes[bytes.count - 5] ^= 1
        try bytes.write(to: weights)
        let changed = try AdapterFiles(contentsOf: directory)
        let error = #expect(throws: AdapterError.self) { try changed.requireUndamaged(in: directory) }
        #expect(error?.description.contains("changed or damaged") == true)
        try changed.withoutExportLines.requireUndamaged(in: directory)
    }

    @Test func `A manifest that was formatted anew names them still`() throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        let named = try files().naming(sums: Self.sums)
        try named.write(to: directory)
        defer { try? FileManager.default.removeItem(at: directory) }
        let compact = try manifest(named).replacing("\n", with: "").replacing(" : ", with: ":")
        try Data(compact.utf8).write(to: directory.appendingPathComponent("perennial.json"))
        let read = try AdapterFiles(contentsOf: directory)
        #expect(read.sums == Self.sums)
        #expect(try read.withoutExportLines.lineage() == TinyBert.lineage)
        #expect(read.withoutExportLines.sums == nil)
    }
}
