import Foundation
import Glibc

/// A directory of files that appears complete and at once, or not at all.
///
/// It is filled under a hidden name beside its own, and takes its own once everything in it is on disk. What a killed
/// process left under the hidden name makes way for the next one.
public enum NewDirectory {
    /// - Parameter contents: content by file name.
    /// - Throws: ``AdapterError/unwritable(path:reason:)``, also when `directory` exists or another process is making
    ///   it; nothing of this call is left then.
    public static func write(_ contents: [String: Data], to directory: URL) throws(AdapterError) {
        do {
            try fill(directory, contents)
        } catch AdapterError.unwritable(_, let reason) {
            // Nobody knows the hidden name.
            throw .unwritable(path: directory.path, reason: reason)
        } catch {
            let reason = error.localizedDescription.trimmingCharacters(in: CharacterSet(charactersIn: "."))
            throw .unwritable(path: directory.path, reason: reason)
        }
    }

    private static func fill(_ directory: URL, _ contents: [String: Data]) throws {
        let parent = directory.deletingLastPathComponent()
        let hidden = parent.appendingPathComponent(".\(directory.lastPathComponent).perennial-partial")
        if mkdir(hidden.path, 0o777) != 0, errno != EEXIST { try systemCall(-1, path: hidden.path) }
        let descriptor = open(hidden.path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        try systemCall(descriptor, path: hidden.path)
        defer {
            // First: a child that was just made holds a copy until it becomes another program.
            flock(descriptor, LOCK_UN)
            close(descriptor)
        }
        // File systems that cannot lock a directory do without.
        let isLocked = flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK
        guard isLocked, isStill(hidden, descriptor) else {
            throw AdapterError.unwritable(path: hidden.path, reason: "another process is writing it")
        }
        do {
            for name in try FileManager.default.contentsOfDirectory(atPath: hidden.path) {
                try FileManager.default.removeItem(at: hidden.appendingPathComponent(name))
            }
            try writeDurably(contents, into: hidden)
            // An empty one would be replaced.
            guard !FileManager.default.fileExists(atPath: directory.path) else {
                throw AdapterError.unwritable(path: directory.path, reason: "it exists already")
            }
            try systemCall(rename(hidden.path, directory.path), path: directory.path)
        } catch {
            try? FileManager.default.removeItem(at: hidden)
            throw error
        }
        try synchronize(parent)
    }

    /// Whether the name still stands for what was opened: who held the lock before may have renamed it.
    private static func isStill(_ file: URL, _ descriptor: Int32) -> Bool {
        var (opened, named) = (stat(), stat())
        return fstat(descriptor, &opened) == 0 && lstat(file.path, &named) == 0
            && (opened.st_dev, opened.st_ino) == (named.st_dev, named.st_ino)
    }
}
