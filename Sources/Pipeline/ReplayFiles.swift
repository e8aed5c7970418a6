import Adapters
import Foundation
import Replay
import Schema
import Store

/// Replay memories on disk: one immutable file a generation, named by its SHA-256.
public struct ReplayFiles: Sendable {
    private let home: Home

    public init(home: Home) { self.home = home }

    /// A memory, and what was damaged in its file.
    public struct Loaded: Sendable {
        public var memory: ReplayMemory
        /// By text, the labels of exemplars that were taken out because the text was relabelled since.
        public var relabelled: [String: String] = [:]
        public var damages: [Damage]
    }

    /// The memory of a generation without the texts that were relabelled since; an empty one where there is none yet.
    ///
    /// A damaged block costs its exemplars, not the memory: what is left is returned with the damages named.
    ///
    /// - Throws: `ReplayError`, also when the file is gone.
    public func load(_ state: ReplayState, recipe: Recipe) throws -> Loaded {
        let configuration = try Self.configuration(recipe)
        guard let generation = state.generation else {
            return Loaded(memory: try Self.emptyMemory(recipe: recipe), damages: [])
        }
        let file = home.replayGeneration(generation.digest)
        let bytes: [UInt8]
        do {
            bytes = [UInt8](try Data(contentsOf: file))
        } catch {
            throw ReplayError.unreadable(reason: "\(file.path): \(error.localizedDescription)")
        }
        let recovery = try ReplayMemory.recover(bytes)
        var memory = recovery.memory
        var relabelled: [String: String] = [:]
        if !state.removals.isEmpty {
            _ = try memory.removeAll { exemplar in
                guard state.removals.contains(ContentHash(exemplar.text)) else { return false }
                relabelled[exemplar.text] = exemplar.label
                return true
            }
        }
        memory.configure(configuration)
        return Loaded(memory: memory, relabelled: relabelled, damages: recovery.damages)
    }

    /// Makes a memory durable under the digest of its bytes.
    ///
    /// - Throws: ``StoreError`` where its file cannot be written.
    public func write(_ memory: ReplayMemory) throws -> ReplayGeneration? {
        guard memory.configuration.maximumExemplars > 0 else { return nil }
        var memory = memory
        let data = Data(try memory.encode())
        let digest = try Self.keep(data, at: home.replayGeneration)
        return ReplayGeneration(digest: digest, examples: memory.count, bytes: data.count)
    }

    public static func emptyMemory(recipe: Recipe) throws -> ReplayMemory {
        try ReplayMemory(configuration: configuration(recipe), seed: recipe.seed)
    }

    private static func configuration(_ recipe: Recipe) throws -> ReplayConfiguration {
        let retention: Replay.Retention =
            switch recipe.replay.retention {
            case .classBalanced: .classBalanced
            case .reservoir: .reservoir
            case .window: .window
            case .herding: .herding
            case .coverage: .coverage
            case .lossAware: .lossAware
            }
        return try ReplayConfiguration(
            maximumExemplars: recipe.replay.examples, maximumBytes: recipe.replay.bytes, retention: retention)
    }

    /// Makes content durable in the file of its digest, unless that holds it already: a damaged one makes way.
    ///
    /// - Returns: the digest.
    static func keep(_ data: Data, at file: (String) -> URL) throws -> String {
        let digest = ContentDigest(of: data)
        let file = file(digest.description)
        if (try? ContentDigest(ofFile: file)) != digest { try writeDurably(data, to: file) }
        return digest.description
    }

    /// Written beside, synchronised and renamed: the name never stands for half a file.
    ///
    /// - Throws: ``StoreError/cannotWrite(path:reason:)``, ``StoreError/full(path:)``.
    static func writeDurably(_ data: Data, to file: URL) throws {
        let temporary = file.deletingLastPathComponent().appending(path: ".\(UUID().uuidString).tmp")
        do {
            try data.write(to: temporary)
            let handle = try FileHandle(forWritingTo: temporary)
            try handle.synchronize()
            try handle.close()
            guard rename(temporary.path, file.path) == 0 else {
                throw StoreError.cannotWrite(path: file.path, reason: String(cString: strerror(errno)))
            }
            let directory = open(file.deletingLastPathComponent().path, O_RDONLY)
            if directory >= 0 {
                fsync(directory)
                close(directory)
            }
        } catch {
            try? FileManager.default.removeItem(at: temporary)
            throw StoreError(unwritable: file, error)
        }
    }
}
