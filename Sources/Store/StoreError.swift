import Schema

/// What the store refuses or cannot do, and what would help.
public enum StoreError: Error, Hashable, CustomStringConvertible {
    case unknownTask(TaskName)
    case invalidTask(field: String, reason: String)
    case unknownUpdate(String)
    /// The update is no longer the caller's to work on: it was cancelled, or another one finished it.
    case updateNotRunning(String, status: UpdateStatus)
    case updateAlreadyFinished(String, status: UpdateStatus)
    /// Another version was promoted by hand since the update was claimed: it was judged against the wrong one.
    case parentReplaced(String, expected: String?, found: String?)
    case unknownVersion(TaskName, selector: String)
    case noChampion(TaskName)
    case noPreviousVersion(TaskName)
    case versionRejected(TaskName, version: String)
    /// A task on the same adapter has no version that was made together with the one that is to serve.
    case notTogether(TaskName, made: String)
    case nothingToLearn(TaskName, heldOut: Int, parked: Int)
    /// Of the examples named, the first that is not set aside.
    case notQuarantined(TaskName, sequence: Int64)
    case idempotencyConflict(key: String)
    case invalidEvaluation(reason: String)

    /// Written by a newer program: it holds migrations this one does not know.
    case newerDatabase(path: String)
    case cannotOpen(path: String, reason: String)
    case cannotWrite(path: String, reason: String)
    case busy(path: String)
    case full(path: String)
    case corrupt(path: String, reason: String)
    /// Any other SQLite failure.
    case database(path: String, reason: String)

    public var description: String {
        switch self {
        case .unknownTask(let task):
            "task \"\(task)\" does not exist; create it first or check the spelling"
        case .invalidTask(let field, let reason):
            "\(field): \(reason)"
        case .unknownUpdate(let id):
            "update \"\(id)\" does not exist; list the task's updates to see which do"
        case .updateNotRunning(let id, let status):
            "update \"\(id)\" is \(status.rawValue), not training or evaluating; claim an update before working on it"
        case .updateAlreadyFinished(let id, let status):
            "update \"\(id)\" has already ended as \(status.rawValue); ask for a new one"
        case .parentReplaced(let id, let expected, let found):
            "update \"\(id)\" was judged against \(expected ?? "no adapter"), but \(found ?? "none") serves; restart it"
        case .unknownVersion(let task, let selector):
            "task \"\(task)\" has no adapter \(selector); list its adapters to see which it has"
        case .noChampion(let task):
            "task \"\(task)\" serves no adapter yet; let an update finish first"
        case .noPreviousVersion(let task):
            "task \"\(task)\" has no earlier version to go back to; name one to promote instead"
        case .versionRejected(let task, let version):
            "\(version) of task \"\(task)\" was rejected by the gate; promote another version, or force this one"
        case .notTogether(let task, let made):
            "task \"\(task)\" shares the adapter and has no version made together with \(made); promote a version that all "
                + "tasks on the adapter have"
        case .nothingToLearn(let task, let heldOut, let parked):
            Self.nothingToLearn(task, heldOut: heldOut, parked: parked)
        case .notQuarantined(let task, let sequence):
            "example \(sequence) of task \"\(task)\" is not in quarantine; list the quarantine to see which are"
        case .idempotencyConflict(let key):
            "idempotency key \"\(key)\" was used with a different body; use a new key for a new body"
        case .invalidEvaluation(let reason):
            "evaluation refused: \(reason)"
        case .newerDatabase(let path):
            "\(path) was written by a newer version of this program; upgrade the program, or use another home"
        case .cannotOpen(let path, let reason):
            "cannot open \(path): \(reason); check that the directory exists and is yours"
        case .cannotWrite(let path, let reason):
            "cannot write \(path): \(reason); check its owner, its permissions and its file system"
        case .busy(let path):
            "\(path) stayed locked by another process; try again, or end what holds it"
        case .full(let path):
            "no space left to write \(path); free space on its file system and try again"
        case .corrupt(let path, let reason):
            "\(path) is damaged or not a database (\(reason)); restore it from a backup"
        case .database(let path, let reason):
            "\(path): \(reason)"
        }
    }

    private static func nothingToLearn(_ task: TaskName, heldOut: Int, parked: Int) -> String {
        var text = "task \"\(task)\" has no new example to train on"
        if heldOut > 0 { text += "; \(heldOut) new are held out for evaluation" }
        if parked > 0 { text += "; \(parked) are parked after repeated rejection and can be released" }
        return text + "; send more examples first"
    }
}
