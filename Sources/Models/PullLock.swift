import Foundation

/// Keeps two processes from fetching the same model at once. The system releases it with the process.
struct PullLock {
    private let handle: FileHandle

    /// - Throws: ``ModelError/busy(_:)`` where another process holds it.
    init(of name: String, at file: URL) throws {
        do {
            if !FileManager.default.fileExists(atPath: file.path) { try Data().write(to: file) }
            handle = try FileHandle(forWritingTo: file)
        } catch {
            throw ModelError.cannotWrite(path: file.path, reason: error.localizedDescription)
        }
        // A child process must not keep the lock.
        _ = fcntl(handle.fileDescriptor, F_SETFD, FD_CLOEXEC)
        guard flock(handle.fileDescriptor, LOCK_EX | LOCK_NB) == 0 else { throw ModelError.busy(name) }
    }

    /// The file stays: removing it would let a third process lock a new one beside a waiting second.
    ///
    /// Unlocked before it is closed: a child that was just made holds a copy until it becomes another program.
    func release() {
        flock(handle.fileDescriptor, LOCK_UN)
        try? handle.close()
    }
}
