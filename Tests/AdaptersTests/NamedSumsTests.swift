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
        #expect(named.withoutSums.contents == files.contents)
        #expect(files.withoutSums.contents == files.contents)
        #expect(try named.lineage() == files.lineage())
        #expect(try named.adapter(for: TinyBert.encoder()).labels == TinyBert.labels)
    }

    @Test func `The manifest stays as it is written everywhere: one key more, in its place`() throws {
        let named = try manifest(files().naming(sums: Self.sums))
        let object = try #require(try JSONSerialization.jsonObject(with: Data(named.utf8)) as? [String: Any])
        #expect(object["analytic"] as? String == Self.sums)
        #expect(Set(object.keys) == ["analytic", "features", "format", "labels", "lineage"])
        #expect(named.hasPrefix("{\n  \"analytic\" : \"\(Self.sums)\",\n  \"features\" : {"))
    }

    @Test func `Sums that are named anew replace those that were`() throws {
        let other = "sha256:" + String(repeating: "f", count: 64)
        let files = try files().naming(sums: other).naming(sums: Self.sums)
        #expect(files.sums == Self.sums)
        #expect(try !manifest(files).contains(other))
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
        #expect(try read.withoutSums.lineage() == TinyBert.lineage)
        #expect(read.withoutSums.sums == nil)
    }
}
