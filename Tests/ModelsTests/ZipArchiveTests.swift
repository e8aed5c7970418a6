import Foundation
import Models
import Testing

@Suite("ZIP archives")
struct ZipArchiveTests {
    private let members = [
        SampleArchive.repetition, SampleArchive.Member(path: "b", content: Array("stored".utf8)),
        SampleArchive.Member(path: "empty", content: []),
    ]

    private func extractAll(_ bytes: [UInt8], in directory: URL) throws -> [[UInt8]] {
        let file = directory.appending(path: "a.zip")
        try Data(bytes).write(to: file)
        let archive = try ZipArchive(file)
        return try archive.members.map { member in
            let output = directory.appending(path: "out")
            try archive.extract(member, to: output)
            return try [UInt8](Data(contentsOf: output))
        }
    }

    @Test("Stored, deflated and empty members come back as they were")
    func roundTrip() async throws {
        try await withTemporaryDirectory { directory in
            let contents = try extractAll(SampleArchive.bytes(members), in: directory)
            #expect(contents == members.map(\.content))
        }
    }

    @Test("Members come back whole whose last bytes outlast their input, and are refused without its end")
    func outlasting() async throws {
        try await withTemporaryDirectory { directory in
            let contents = try extractAll(SampleArchive.bytes(SampleArchive.outlasting), in: directory)
            #expect(contents == SampleArchive.outlasting.map(\.content))
            for member in SampleArchive.outlasting {
                var cut = member
                cut.deflated?.removeLast()
                #expect(throws: ModelError.self) { try extractAll(SampleArchive.bytes([cut]), in: directory) }
            }
        }
    }

    @Test("An archive cut anywhere is refused")
    func cut() async throws {
        try await withTemporaryDirectory { directory in
            let bytes = SampleArchive.bytes(members)
            for length in bytes.indices {
                #expect(throws: ModelError.self) { try extractAll(Array(bytes[..<length]), in: directory) }
            }
        }
    }

    @Test("No changed byte yields other content unnoticed")
    func corruption() async throws {
        try await withTemporaryDirectory { directory in
            let bytes = SampleArchive.bytes(members)
            for index in bytes.indices {
                for mask in [0x01, 0x80, 0xFF] as [UInt8] {
                    var damaged = bytes
                    damaged[index] ^= mask
                    // Fields that say nothing about content, such as dates, may change freely.
                    if let contents = try? extractAll(damaged, in: directory) {
                        #expect(members.map(\.content).starts(with: contents))
                    }
                }
            }
        }
    }
}
