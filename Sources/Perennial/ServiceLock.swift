import Foundation
import Store

/// Makes sure that one service runs on a home. Held until the process ends, however it ends.
final class ServiceLock: Sendable {
    private let descriptor: Int32

    /// - Throws: ``CommandFailure`` that says where the other one answers, or that the file cannot be made.
    init(home: Home) throws {
        let path = home.root.appending(path: "service.lock").path
        let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard opened >= 0 else {
            let reason = String(cString: strerror(errno))
            throw CommandFailure("cannot open \(path): \(reason); check its owner and permissions", .cannotWrite)
        }
        var isLocked = false
        repeat { isLocked = flock(opened, LOCK_EX | LOCK_NB) == 0 } while !isLocked && errno == EINTR
        // On a file system without locks nobody can know of another one.
        if !isLocked && errno == EWOULDBLOCK {
            close(opened)
            let other = ServiceRecord.running(home: home.root).map { " at \($0.url), process \($0.pid)" } ?? ""
            throw CommandFailure(
                "another service runs on \(home.root.path)\(other); end it first, or use another --home")
        }
        descriptor = opened
    }

    /// Whether a service runs on a home, for all that can be known: where the file cannot be opened or locked, nothing is.
    static func mayBeHeld(home: URL) -> Bool {
        let descriptor = open(home.appending(path: "service.lock").path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return errno != ENOENT }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_SH | LOCK_NB) == 0 else { return true }
        flock(descriptor, LOCK_UN)
        return false
    }

    deinit {
        // Before it is closed: a child that was just made holds a copy until it becomes another program.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}
