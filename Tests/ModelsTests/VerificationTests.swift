import Crypto
import Foundation
import Models
import Testing

@Suite("Verification of a model")
struct VerificationTests {
    @Test("A file that is missing, or is not what was fetched, is named")
    func damage() async throws {
        try await withTemporaryDirectory { directory in
            let model = directory.appending(path: "mine", directoryHint: .isDirectory)
            try FileManager.default.createDirectory(at: model, withIntermediateDirectories: true)
            let (file, content) = (model.appending(path: "config.json"), Data("{}".utf8))
            let digest = SHA256.hash(data: content).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            try content.write(to: file)
            let manifest = """
                {"name": "mine", "source": "here", "pulled_at": "2026-01-01T00:00:00.000Z",
                 "files": [{"name": "config.json", "bytes": 2, "sha256": "\(digest)"}]}
                """
            try Data(manifest.utf8).write(to: model.appending(path: "perennial-model.json"))
            let store = ModelStore(directory: directory, settings: try NetworkSettings(environment: [:]))
            #expect(try store.verify("mine").files.map(\.name) == ["config.json"])

            try Data("[]".utf8).write(to: file)
            let changed = #expect(throws: ModelError.self) { try store.verify("mine") }
            guard case .checksumMismatch(file.path, _, _) = changed else {
                Issue.record("\(String(describing: changed))")
                return
            }
            try FileManager.default.removeItem(at: file)
            #expect(throws: ModelError.lostFile(path: file.path)) { try store.verify("mine") }
        }
    }
}
