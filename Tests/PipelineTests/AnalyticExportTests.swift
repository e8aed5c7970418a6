import Adapters
import Foundation
import Pipeline
import Schema
import Store
import Testing
import TinyBert

@Suite("Exported versions")
struct AnalyticExportTests {
    private static let base = "sha256:base"

    /// A version's files, its analytic head, and the directory they were exported to.
    private func withExport(_ body: (AdapterFiles, AnalyticExport, URL) throws -> Void) throws {
        let home = Home(root: FileManager.default.temporaryDirectory.appending(path: "export-\(UUID().uuidString)"))
        defer { try? FileManager.default.removeItem(at: home.root) }
        try home.create()
        let sums = try AnalyticSums(width: 16, features: 4).adding([
            .init(features: [1, 0, 0, 0], label: "a"), .init(features: [0, 1, 0, 0], label: "b"),
        ])
        let fit = AnalyticFit(.ridge, strength: 0.01)
        let data = try sums.encoded(base: Self.base, head: sums.head(fit))
        let digest = ContentDigest(of: data).description
        try data.write(to: home.analyticGeneration(digest))
        let generation = AnalyticGeneration(
            digest: digest, examples: 2, bytes: data.count, fit: fit, width: 16, blend: .analyticAlone,
            experiences: [[1, 1]])
        let files = try AdapterFiles(TinyBert.adapter(TinyBert.encoder()), lineage: TinyBert.lineage)
        let analytic = try AnalyticExport(generation, of: home)
        let directory = home.root.appending(path: "exported")
        try files.export(to: directory, with: analytic)
        try body(files, analytic, directory)
    }

    private func read(_ directory: URL) throws -> AnalyticExport? {
        try AnalyticExport(
            contentsOf: directory, base: Self.base, named: AdapterFiles(contentsOf: directory).sums)
    }

    @Test("What was exported comes back, and the adapter has its digest")
    func roundTrip() throws {
        try withExport { files, analytic, directory in
            let exported = try AdapterFiles(contentsOf: directory)
            #expect(exported.sums == analytic.generation.digest)
            #expect(exported.withoutSums.digest == files.digest)
            #expect(try read(directory)?.generation == analytic.generation.inAnotherTask)
            #expect(throws: AdapterError.self) { try files.export(to: directory, with: analytic) }
        }
    }

    @Test(
        "A directory that lost a part of the analytic head is refused, and the message names what is missing",
        arguments: [["analytic.json"], ["analytic.safetensors"], ["analytic.json", "analytic.safetensors"]])
    func lost(names: [String]) throws {
        try withExport { files, _, directory in
            for name in names { try FileManager.default.removeItem(at: directory.appending(path: name)) }
            let missing = AdapterError.missingFile(name: names[0], directory: directory.path)
            #expect(throws: missing) { try read(directory) }

            // An export of before does not name them: half is refused all the same, none is a version without.
            try FileManager.default.removeItem(at: directory.appending(path: "perennial.json"))
            try files.contents["perennial.json"]?.write(to: directory.appending(path: "perennial.json"))
            if names.count == 1 {
                #expect(throws: missing) { try read(directory) }
            } else {
                #expect(try read(directory) == nil)
            }
        }
    }

    @Test("The analytic head of another version is refused")
    func mixed() throws {
        try withExport { files, _, directory in
            let other = "sha256:" + String(repeating: "c", count: 64)
            try files.naming(sums: other).contents["perennial.json"]?.write(
                to: directory.appending(path: "perennial.json"))
            let error = #expect(throws: AdapterError.self) { try read(directory) }
            #expect(error?.description.contains(other) == true)
        }
    }

    @Test("A version without an analytic head is exported as it is")
    func adapterAlone() throws {
        try withExport { files, _, directory in
            let alone = directory.deletingLastPathComponent().appending(path: "alone")
            try files.export(to: alone, with: nil)
            #expect(try AdapterFiles(contentsOf: alone).contents == files.contents)
            #expect(try read(alone) == nil)
        }
    }
}
