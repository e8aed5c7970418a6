import Foundation
import GRDB

extension StoreError {
    /// The store's word for an error of SQLite; the store's own errors pass.
    init(_ error: any Error, path: String) {
        guard let failure = error as? DatabaseError else {
            self = error as? StoreError ?? .database(path: path, reason: String(describing: error))
            return
        }
        // The message never holds bound values, so no example text.
        let reason = failure.message ?? "SQLite error \(failure.resultCode.rawValue)"
        switch failure.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED: self = .busy(path: path)
        case .SQLITE_FULL: self = .full(path: path)
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .corrupt(path: path, reason: reason)
        case .SQLITE_CANTOPEN: self = .cannotOpen(path: path, reason: reason)
        case .SQLITE_READONLY, .SQLITE_PERM: self = .cannotWrite(path: path, reason: reason)
        default: self = .database(path: path, reason: reason)
        }
    }

    /// Like ``init(_:path:)``, but lets a cancellation through.
    static func wrap(_ error: any Error, path: String) -> any Error {
        error is CancellationError ? error : StoreError(error, path: path)
    }
}
