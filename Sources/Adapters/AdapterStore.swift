import Foundation
import Glibc
import Transformers

/// A directory of immutable adapters, each in a directory named by the digest of its content.
///
/// Safe to use from several processes: a directory appears complete and at once, under a name that only its content
/// can have, and is never written again.
public struct AdapterStore: Sendable {
    public let directory: URL

    public init(directory: URL) { self.directory = directory }

    /// Where an adapter stands or would stand.
    public func location(of digest: ContentDigest) -> URL {
        directory.appendingPathComponent(digest.directoryName)
    }

    public func contains(_ digest: ContentDigest) -> Bool {
        FileManager.default.fileExists(atPath: location(of: digest).path)
    }

    /// Makes the files durable under their digest. Saving what is already there does nothing.
    ///
    /// - Throws: ``AdapterError/unwritable(path:reason:)``; the directory is then as before.
    @discardableResult
    public func save(_ files: AdapterFiles) throws(AdapterError) -> ContentDigest {
        let digest = files.digest
        let target = location(of: digest)
        if (try? AdapterFiles(contentsOf: target))?.digest == digest { return digest }
        do {
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        } catch {
            throw .unwritable(path: directory.path, reason: error.localizedDescription)
        }
        let temporary = directory.appendingPathComponent(".\(UUID().uuidString).tmp")
        do {
            try files.write(to: temporary)
            // A damaged directory of that name makes way; an intact one of another process that was faster is as good.
            if rename(temporary.path, target.path) != 0 {
                try FileManager.default.removeItem(at: target)
                try systemCall(rename(temporary.path, target.path), path: target.path)
            }
            try synchronize(directory)
        } catch {
            try? FileManager.default.removeItem(at: temporary)
            if let error = error as? AdapterError { throw error }
            throw .unwritable(path: target.path, reason: error.localizedDescription)
        }
        return digest
    }

    /// Files of an adapter, once their content has been found to be what the name promises.
    ///
    /// - Throws: ``AdapterError/digestMismatch(directory:expected:actual:)`` and the errors of reading.
    public func files(of digest: ContentDigest) throws(AdapterError) -> AdapterFiles {
        let location = location(of: digest)
        let files = try AdapterFiles(contentsOf: location)
        guard files.digest == digest else {
            throw .digestMismatch(
                directory: location.path, expected: digest.description, actual: files.digest.description)
        }
        return files
    }

    /// The adapter, checked against its digest and against `encoder`.
    public func load(_ digest: ContentDigest, for encoder: any TextEncoder) throws -> ClassifierAdapter {
        try files(of: digest).adapter(for: encoder)
    }

    /// Digests of all adapters here, sorted.
    public func digests() -> [ContentDigest] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
        return names.compactMap { try? ContentDigest($0) }.sorted()
    }

    /// Removes an adapter; one that is not there is fine.
    public func remove(_ digest: ContentDigest) throws(AdapterError) {
        guard contains(digest) else { return }
        do {
            try FileManager.default.removeItem(at: location(of: digest))
        } catch {
            throw .unwritable(path: location(of: digest).path, reason: error.localizedDescription)
        }
    }
}

extension AdapterFiles {
    /// Writes the files to a new directory and waits until they are on disk.
    ///
    /// - Throws: ``AdapterError/unwritable(path:reason:)``, also when `directory` exists.
    public func write(to directory: URL) throws(AdapterError) {
        do {
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
            try writeDurably(contents, into: directory)
        } catch let error as AdapterError {
            throw error
        } catch {
            throw .unwritable(path: directory.path, reason: error.localizedDescription)
        }
    }
}

/// Writes files by their names into a directory that is there, and waits until they are on disk.
func writeDurably(_ contents: [String: Data], into directory: URL) throws {
    for (name, content) in contents {
        let file = directory.appendingPathComponent(name)
        try content.write(to: file)
        try synchronize(file)
    }
    try synchronize(directory)
}

/// Waits until a file's content, or a directory's list of names, is on disk.
func synchronize(_ file: URL) throws(AdapterError) {
    let descriptor = open(file.path, O_RDONLY)
    try systemCall(descriptor, path: file.path)
    defer { close(descriptor) }
    try systemCall(fsync(descriptor), path: file.path)
}

func systemCall(_ result: Int32, path: String) throws(AdapterError) {
    if result < 0 { throw .unwritable(path: path, reason: String(cString: strerror(errno))) }
}
