import Adapters
import Foundation
import Testing

@Suite struct ContentDigestTests {
    @Test func `SHA-256 of abc is the standard's example`() {
        #expect(
            ContentDigest(of: Data("abc".utf8)).description
                == "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test func `Both spellings read back`() throws {
        let digest = ContentDigest(of: Data("abc".utf8))
        #expect(try ContentDigest(digest.description) == digest)
        #expect(try ContentDigest(digest.directoryName) == digest)
    }

    @Test(arguments: ["", "sha256:", "sha256:" + String(repeating: "A", count: 64), String(repeating: "a", count: 71)])
    func `What is not a digest is refused by name`(text: String) {
        #expect(throws: AdapterError.invalidDigest(text)) { try ContentDigest(text) }
    }

    @Test func `The digest of files depends on every name, length and byte, and not on their order`() {
        let files = ["a": Data("x".utf8), "b": Data("yz".utf8)]
        let digest = ContentDigest(ofFiles: files)
        #expect(digest == ContentDigest(ofFiles: ["b": Data("yz".utf8), "a": Data("x".utf8)]))
        #expect(digest != ContentDigest(ofFiles: ["a": Data("xy".utf8), "b": Data("z".utf8)]))
        #expect(digest != ContentDigest(ofFiles: ["a": Data("x".utf8), "c": Data("yz".utf8)]))
        #expect(digest != ContentDigest(ofFiles: ["a": Data("x".utf8), "b": Data("yZ".utf8)]))
    }

    @Test func `A file's digest is that of its bytes`() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: file) }
        let content = Data((0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        try content.write(to: file)
        #expect(try ContentDigest(ofFile: file) == ContentDigest(of: content))
    }

    @Test func `A missing file is named`() {
        #expect {
            try ContentDigest(ofFile: URL(fileURLWithPath: "/nonexistent/weights"))
        } throws: { error in
            if case AdapterError.unreadable(let path, _) = error { path == "/nonexistent/weights" } else { false }
        }
    }
}
