import Foundation
import Store

/// Makes sure that one trainer works on a home. Held until the process ends, however it ends.
public final class WorkerLock: Sendable {
    private let descriptor: Int32

    /// - Throws: ``WorkerLockError`` when another process holds it or the file cannot be made.
    public init(home: Home) throws {
        let path = home.workerLock.path
        let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard opened >= 0 else {
            throw WorkerLockError.cannotOpen(path: path, reason: String(cString: strerror(errno)))
        }
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
            close(opened)
            throw WorkerLockError.held(home: home.root.path)
        }
        descriptor = opened
    }

    deinit {
        // Before it is closed: a child that was just made holds a copy until it becomes another program.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    /// Whether some process works on the home now.
    public static func isHeld(home: Home) -> Bool {
        let descriptor = open(home.workerLock.path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_SH | LOCK_NB) != 0
    }
}

public enum WorkerLockError: Error, CustomStringConvertible {
    case held(home: String)
    case cannotOpen(path: String, reason: String)

    public var description: String {
        switch self {
        case .held(let home): "another trainer works on \(home); end it first, or use another --home"
        case .cannotOpen(let path, let reason): "cannot open \(path): \(reason)"
        }
    }
}
