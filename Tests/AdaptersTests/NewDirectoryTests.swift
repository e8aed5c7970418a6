import Adapters
import Foundation
import Testing

@Suite struct NewDirectoryTests {
    private static let contents = ["a.json": Data("{}\n".utf8), "b.bin": Data(repeating: 7, count: 9_000)]

    private func withParent(_ body: (URL) throws -> Void) throws {
        let parent = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: parent) }
        try body(parent)
    }

    private func names(_ directory: URL) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
    }

    @Test func `A directory holds the files and leaves nothing beside it`() throws {
        try withParent { parent in
            let made = parent.appendingPathComponent("made")
            try NewDirectory.write(Self.contents, to: made)
            #expect(try names(parent) == ["made"])
            #expect(try names(made) == ["a.json", "b.bin"])
            for (name, content) in Self.contents {
                #expect(try Data(contentsOf: made.appendingPathComponent(name)) == content)
            }
        }
    }

    @Test func `What a killed process left under the hidden name makes way`() throws {
        try withParent { parent in
            let hidden = parent.appendingPathComponent(".made.perennial-partial")
            try FileManager.default.createDirectory(
                at: hidden.appendingPathComponent("deeper"), withIntermediateDirectories: true)
            try Data("half".utf8).write(to: hidden.appendingPathComponent("c.bin"))
            let made = parent.appendingPathComponent("made")
            try NewDirectory.write(Self.contents, to: made)
            #expect(try names(parent) == ["made"])
            #expect(try names(made) == ["a.json", "b.bin"])
        }
    }

    @Test func `A file that cannot be written leaves nothing, and the error names the directory`() throws {
        try withParent { parent in
            let made = parent.appendingPathComponent("made")
            let contents = Self.contents.merging([String(repeating: "n", count: 300): Data()]) { $1 }
            #expect {
                try NewDirectory.write(contents, to: made)
            } throws: { error in
                if case AdapterError.unwritable(made.path, _) = error { true } else { false }
            }
            let left = try names(parent)
            #expect(left.isEmpty)
        }
    }

    @Test(arguments: ["empty", "full", "file"])
    func `What is there stays as it is`(kind: String) throws {
        try withParent { parent in
            let there = parent.appendingPathComponent("there")
            if kind == "file" {
                try Data("mine".utf8).write(to: there)
            } else {
                try FileManager.default.createDirectory(at: there, withIntermediateDirectories: true)
                if kind == "full" { try Data("mine".utf8).write(to: there.appendingPathComponent("mine")) }
            }
            #expect(throws: AdapterError.self) { try NewDirectory.write(Self.contents, to: there) }
            #expect(try names(parent) == ["there"])
            if kind != "file" { #expect(try names(there) == (kind == "full" ? ["mine"] : [])) }
        }
    }

    @Test func `Many writers of one directory: one makes it, the others are refused`() async throws {
        let parent = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: parent) }
        let made = parent.appendingPathComponent("made")
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 { group.addTask { (try? NewDirectory.write(Self.contents, to: made)) != nil } }
            return await group.reduce(into: [Bool]()) { $0.append($1) }
        }
        #expect(outcomes.count { $0 } == 1)
        #expect(try names(parent) == ["made"])
        #expect(try names(made) == ["a.json", "b.bin"])
    }
}
