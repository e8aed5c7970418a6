import Adapters
import Foundation
import Schema
import Store

/// The analytic head that a version answers with, beside the adapter in an exported directory.
public struct AnalyticExport: Sendable {
    /// The sums and what was solved from them.
    public static let sums = "analytic.safetensors"
    /// How they were solved, and how much either head says.
    public static let description = "analytic.json"

    /// Without what only its own ledger knows.
    public let generation: AnalyticGeneration
    private let data: Data

    /// - Throws: `AdapterError` when the file is missing or was changed.
    public init(_ generation: AnalyticGeneration, of home: Home) throws {
        try self.init(generation, Self.read(home.analyticGeneration(generation.digest)))
    }

    /// What stands in a directory; `nil` where the version had none.
    ///
    /// - Parameter base: digest of the base model that it must have been made for.
    /// - Throws: `AdapterError`, `TensorError` for files that are damaged or of another base model.
    public init?(contentsOf directory: URL, base: String) throws {
        let (about, sums) = (directory.appending(path: Self.description), directory.appending(path: Self.sums))
        guard FileManager.default.fileExists(atPath: about.path) else { return nil }
        let generation: AnalyticGeneration
        do {
            generation = try JSONDecoder().decode(AnalyticGeneration.self, from: Self.read(about))
        } catch let error as DecodingError {
            throw AdapterError.invalidFile(name: about.path, reason: "\(error)")
        }
        try self.init(generation, Self.read(sums))
        _ = try (AnalyticSums(contentsOf: sums, base: base), AnalyticHead(contentsOf: sums, base: base))
    }

    private init(_ generation: AnalyticGeneration, _ data: Data) throws {
        guard ContentDigest(of: data).description == generation.digest else {
            throw AdapterError.invalidFile(
                name: Self.sums,
                reason: "it is not \(generation.digest) but was changed or damaged; restore it from a copy")
        }
        self.generation = generation.inAnotherTask
        self.data = data
    }

    private static func read(_ file: URL) throws(AdapterError) -> Data {
        do {
            return try Data(contentsOf: file)
        } catch {
            throw .unreadable(path: file.path, reason: error.localizedDescription)
        }
    }

    public func write(to directory: URL) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try ReplayFiles.writeDurably(data, to: directory.appending(path: Self.sums))
        try ReplayFiles.writeDurably(encoder.encode(generation), to: directory.appending(path: Self.description))
    }

    /// Makes it durable in a home, where a version can name it.
    public func save(in home: Home) throws {
        try ReplayFiles.writeDurably(data, to: home.analyticGeneration(generation.digest))
    }
}
