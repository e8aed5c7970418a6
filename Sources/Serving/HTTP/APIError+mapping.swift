import Hummingbird
import Schema
import Store

extension APIError {
    /// The answer to an error of a lower layer; ``server`` for what is no fault of the caller.
    init(_ error: any Error) {
        switch error {
        case let error as APIError: self = error
        case let error as StoreError: self = Self.of(error)
        case let error as ServingError: self = Self.of(error)
        case let error as SchemaError: self = Self.of(error)
        case let error as Rejection:
            self = .invalid(error.field, code: error.code, "line \(error.line): \(error.message)")
        case is CancellationError:
            self = .unavailable(code: "cancelled", "the request was cancelled before it was answered")
        case let error as HTTPError where error.status == .notFound:
            self = .notFound(nil, code: "unknown_route", "there is no such route; those of tasks begin with /v1/tasks")
        case let error as HTTPError where error.status.code < 500:
            self = Self(
                status: error.status, kind: .invalidRequest, code: "invalid_request",
                message: error.body ?? error.status.reasonPhrase)
        default: self = .server
        }
    }

    static func tooLarge(limit: Int) -> Self {
        Self(
            status: .contentTooLarge, kind: .invalidRequest, code: "body_too_large",
            message: "the body is too large; send at most \(limit) bytes, in several requests if need be",
            // What is left of the body is not read, so the connection cannot be used again.
            headers: [.connection: "close"])
    }

    static let incompleteBody = Self(
        status: .badRequest, kind: .invalidRequest, code: "incomplete_body",
        message: "the body broke off before its end, and nothing of it was stored; send it again, whole",
        headers: [.connection: "close"])

    private static func of(_ error: SchemaError) -> Self {
        switch error {
        case .invalidTaskName: .invalid("task", code: "invalid_task_name", error.description)
        case .invalidAdapterReference: .invalid("adapter", code: "invalid_adapter", error.description)
        }
    }

    private static func of(_ error: ServingError) -> Self {
        switch error {
        case .overloaded(_, _, let seconds):
            Self(
                status: .tooManyRequests, kind: .overloaded, code: "overloaded", message: error.description,
                headers: [.retryAfter: String(seconds)])
        case .notReady: .unavailable(code: "not_ready", error.description)
        case .otherBase: .conflict(code: "other_base", error.description)
        case .shuttingDown: .unavailable(code: "shutting_down", error.description)
        }
    }

    private static func of(_ error: StoreError) -> Self {
        let words = error.description
        return switch error {
        case .unknownTask: .notFound("task", code: "unknown_task", words)
        case .unknownUpdate: .notFound("id", code: "unknown_update", words)
        case .unknownVersion: .notFound("adapter", code: "unknown_adapter", words)
        case .notQuarantined: .notFound("sequences", code: "not_quarantined", words)
        case .invalidTask(let field, _): .invalid(field, code: "invalid_value", words)
        case .noChampion: .conflict(code: "no_adapter", words)
        case .noPreviousVersion: .conflict(code: "no_previous_version", words)
        case .versionRejected: .conflict(code: "version_rejected", words)
        case .notTogether: .conflict(code: "not_together", words)
        case .nothingToLearn: .conflict(code: "nothing_to_learn", words)
        case .updateNotRunning, .updateAlreadyFinished, .parentReplaced: .conflict(code: "update_finished", words)
        case .idempotencyConflict:
            Self(
                status: .unprocessableContent, kind: .invalidRequest, code: "idempotency_conflict",
                param: "Idempotency-Key", message: words)
        case .busy: .unavailable(code: "store_busy", "the store is locked by another process; try again")
        case .full:
            Self(
                status: HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage"), kind: .server,
                code: "storage_full",
                message: "no space is left; make some and send it again: what was kept of it counts as duplicates")
        // Paths and reasons of the system are for the log.
        case .cannotOpen, .cannotWrite:
            Self(
                status: HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage"), kind: .server,
                code: "storage_unwritable",
                message: "the home directory cannot be written; check its owner, its permissions and its file system")
        case .corrupt:
            Self(
                status: .internalServerError, kind: .server, code: "storage_damaged",
                message: "the database of the home directory is damaged; restore it from a backup")
        case .invalidEvaluation, .newerDatabase, .database: .server
        }
    }
}
