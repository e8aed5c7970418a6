import Adapters
import Foundation
import Pipeline
import Schema
import Store
import Testing
import TinyBert

@Suite("Exported versions")
struct AnalyticExportTests {
    /// A version's files, its analytic head, and the directory they were exported to.
    private func withExport(_ body: (AdapterFiles, AnalyticExport, URL) throws -> Void) throws {
        try ExportedVersion.with { try body($0.files, $0.analytic, $0.directory) }
    }

    private func read(_ directory: URL) throws -> AnalyticExport? {
        try AnalyticExport(
            contentsOf: directory, base: ExportedVersion.base, named: AdapterFiles(contentsOf: directory).sums)
    }

    @Test("What was exported comes back, and the adapter has its digest")
    func roundTrip() throws {
        try withExport { files, analytic, directory in
            let exported = try AdapterFiles(contentsOf: directory)
            #expect(exported.sums == analytic.generation.digest)
            #expect(exported.withoutExportLines.digest == files.digest)
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

    @Test("A version without an analytic head is exported without one")
    func adapterAlone() throws {
        try withExport { files, _, directory in
            let alone = directory.deletingLastPathComponent().appending(path: "alone")
            try files.export(to: alone, with: nil)
            let exported = try AdapterFiles(contentsOf: alone)
            #expect(exported.sums == nil && exported.withoutExportLines.contents == files.contents)
            #expect(try read(alone) == nil)
        }
    }
}
