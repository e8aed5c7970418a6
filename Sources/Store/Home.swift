import Foundation
import Schema

/// The directory that a service and its trainer share: where each thing lies.
///
///     <root>/perennial.sqlite      ledger, tasks, updates, registry, evaluations
///     <root>/adapters/sha256-…/    immutable adapter directories
///     <root>/replay/sha256-….replay
///     <root>/features/             what models made of texts, a cache
///     <root>/models/<name>/        base models, Hugging Face layout
///     <root>/inbox/<task>/         dropped files
///     <root>/service.lock          held by the one service
///     <root>/worker.lock           held by the one trainer
public struct Home: Sendable, Hashable {
    public let root: URL

    public init(root: URL) { self.root = root.standardizedFileURL }

    public var database: URL { root.appending(path: "perennial.sqlite") }
    public var adapters: URL { root.appending(path: "adapters") }
    public var replay: URL { root.appending(path: "replay") }
    public var analytic: URL { root.appending(path: "analytic") }
    /// Of which nothing is missed: what it holds is made again.
    public var features: URL { root.appending(path: "features") }
    public var models: URL { root.appending(path: "models") }
    public var inbox: URL { root.appending(path: "inbox") }
    public var workerLock: URL { root.appending(path: "worker.lock") }

    /// Directory of the adapter with this digest, `sha256:…`.
    public func adapter(_ digest: String) -> URL { adapters.appending(path: Self.fileName(digest)) }

    /// File of the replay generation with this digest, `sha256:…`.
    public func replayGeneration(_ digest: String) -> URL {
        replay.appending(path: Self.fileName(digest) + ".replay")
    }

    /// File of the analytic generation with this digest, `sha256:…`.
    public func analyticGeneration(_ digest: String) -> URL {
        analytic.appending(path: Self.fileName(digest) + ".safetensors")
    }

    public func model(_ name: String) -> URL { models.appending(path: name) }

    public func inbox(_ task: TaskName) -> URL { inbox.appending(path: task.rawValue) }

    /// Makes the root and its directories where they are missing, readable by their owner only.
    ///
    /// - Throws: ``StoreError/cannotWrite(path:reason:)``, ``StoreError/full(path:)``.
    public func create() throws {
        for directory in [root, adapters, replay, analytic, models, inbox] {
            do {
                try FileManager.default.createDirectory(
                    at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            } catch {
                throw StoreError(unwritable: directory, error)
            }
        }
    }

    /// The first of the root, its directories and its database that is there and cannot be written; a missing root too.
    public var unwritable: URL? {
        let files = FileManager.default
        return [root, database, adapters, replay, analytic, models, inbox].first {
            ($0 == root || files.fileExists(atPath: $0.path)) && !files.isWritableFile(atPath: $0.path)
        }
    }

    /// `sha256:ab…` as a file name: `sha256-ab…`. Colons are not portable in paths.
    private static func fileName(_ digest: String) -> String { digest.replacing(":", with: "-") }
}
