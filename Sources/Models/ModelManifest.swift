import Foundation
import Schema

/// What a pull wrote: `perennial-model.json` beside the files.
public struct ModelManifest: Sendable, Codable, Equatable {
    public struct File: Sendable, Codable, Equatable {
        public let name: String
        public let bytes: Int64
        public let sha256: String
    }

    public let name: String
    /// Where the files came from: the wheel, or the repository and its commit.
    public let source: String
    public let files: [File]
    public let pulledAt: Timestamp

    static let fileName = "perennial-model.json"

    enum CodingKeys: String, CodingKey {
        case name, source, files
        case pulledAt = "pulled_at"
    }

    /// The manifest of a model's directory, or nil where it has none.
    static func read(from directory: URL) throws -> ModelManifest? {
        let file = directory.appending(path: fileName)
        guard FileManager.default.fileExists(atPath: file.path) else { return nil }
        do {
            return try JSONDecoder().decode(Self.self, from: Data(contentsOf: file))
        } catch {
            throw ModelError.cannotRead(path: file.path, reason: "\(error)")
        }
    }

    func write(to directory: URL) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let file = directory.appending(path: Self.fileName)
        do {
            try encoder.encode(self).write(to: file, options: .atomic)
        } catch {
            throw ModelError.cannotWrite(path: file.path, reason: error.localizedDescription)
        }
    }
}
