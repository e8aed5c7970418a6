import Foundation
import Schema

/// The base models of one home directory, each a directory in Hugging Face layout.
///
/// A model appears whole or not at all: its files gather in a hidden directory beside it, which takes the model's
/// name once every digest is right. An interrupted pull goes on where it stopped.
public struct ModelStore: Sendable {
    /// A model that is there.
    public struct Entry: Sendable, Codable, Equatable {
        public let name: String
        public let directory: URL
        /// What the pull wrote, or nil for a directory that was put there by hand.
        public let manifest: ModelManifest?
    }

    /// `<home>/models`.
    public let directory: URL
    let settings: NetworkSettings

    /// - Parameter settings: Only a pull uses them.
    public init(directory: URL, settings: NetworkSettings) {
        self.directory = directory
        self.settings = settings
    }

    /// The models that are there, by name.
    public func list() throws -> [Entry] {
        guard FileManager.default.fileExists(atPath: directory.path) else { return [] }
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: directory.path)
        } catch {
            throw ModelError.cannotRead(path: directory.path, reason: error.localizedDescription)
        }
        return try names.sorted().compactMap { name in
            let model = modelDirectory(name)
            guard !name.hasPrefix("."),
                FileManager.default.fileExists(atPath: model.appending(path: "config.json").path)
            else { return nil }
            return Entry(name: name, directory: model, manifest: try ModelManifest.read(from: model))
        }
    }

    /// Reads every file of a model and compares it with what was pulled.
    ///
    /// - Parameter name: The directory's name, as ``list()`` gives it.
    /// - Throws: ``ModelError`` that names the first file that differs.
    @discardableResult
    public func verify(_ name: String) throws -> ModelManifest {
        let model = modelDirectory(name)
        guard FileManager.default.fileExists(atPath: model.path) else {
            throw ModelError.notInstalled(name, directory: directory.path)
        }
        guard let manifest = try ModelManifest.read(from: model) else {
            throw ModelError.noManifest(name, path: ModelManifest.fileName)
        }
        for file in manifest.files {
            let content = model.appending(path: file.name)
            guard FileManager.default.fileExists(atPath: content.path) else {
                throw ModelError.lostFile(path: content.path)
            }
            let size = try FileDigest.size(of: content)
            guard size == file.bytes else {
                throw ModelError.sizeMismatch(file: content.path, expected: file.bytes, found: size)
            }
            let digest = try FileDigest.sha256(of: content)
            guard digest == file.sha256 else {
                throw ModelError.checksumMismatch(file: content.path, expected: file.sha256, found: digest)
            }
        }
        return manifest
    }

    func modelDirectory(_ name: String) -> URL { directory.appending(path: name, directoryHint: .isDirectory) }
}
