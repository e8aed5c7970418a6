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
    /// - Parameters:
    ///   - base: digest of the base model that it must have been made for.
    ///   - features: width of that model's features; `nil` where it does not matter.
    ///   - named: digest of the sums that the adapter's files name.
    /// - Throws: `AdapterError`, `TensorError` for files that are missing, damaged, of another base model, or hold what
    ///   nobody could answer and learn by.
    public init?(contentsOf directory: URL, base: String, features: Int? = nil, named: String? = nil) throws {
        let (about, sums) = (directory.appending(path: Self.description), directory.appending(path: Self.sums))
        let missing = [about, sums].filter { !FileManager.default.fileExists(atPath: $0.path) }
        if missing.count == 2, named == nil { return nil }
        if let file = missing.first {
            throw AdapterError.missingFile(name: file.lastPathComponent, directory: directory.path)
        }
        let generation: AnalyticGeneration
        do {
            generation = try JSONDecoder().decode(AnalyticGeneration.self, from: Self.read(about))
        } catch let error as DecodingError {
            throw AdapterError.invalidFile(name: about.path, reason: "\(error)")
        }
        guard named == nil || named == generation.digest else {
            throw AdapterError.invalidFile(
                name: about.path,
                reason: "it describes \(generation.digest), but the adapter beside it belongs to \(named ?? ""); "
                    + "export the version again")
        }
        try self.init(generation, Self.read(sums))
        let (saved, head) = try (AnalyticSums(contentsOf: sums, base: base), AnalyticHead(contentsOf: sums, base: base))
        let width = saved.projection.featureWidth
        guard features == nil || features == width else {
            throw AdapterError.invalidFile(
                name: sums.path, reason: "it is made for features of width \(width), not \(features ?? 0)")
        }
        if let problem = generation.problem(saved, head, bytes: data.count) {
            throw AdapterError.invalidFile(name: about.path, reason: problem + "; export the version again")
        }
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

    /// Content by file name.
    fileprivate var contents: [String: Data] {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            return [Self.sums: data, Self.description: try encoder.encode(generation)]
        }
    }

    /// Makes it durable in a home, where a version can name it.
    public func save(in home: Home) throws {
        try ReplayFiles.writeDurably(data, to: home.analyticGeneration(generation.digest))
    }
}

extension AnalyticGeneration {
    /// What in the description is out of range or does not fit what it describes.
    fileprivate func problem(_ sums: AnalyticSums, _ head: AnalyticHead, bytes size: Int) -> String? {
        let limit = 1 << 53
        let parts = [blend.adapter, blend.analytic, blend.alone]
        let checks = [
            (
                parts.allSatisfy { $0 >= 0 && Float($0).isFinite },
                "blend must be of numbers from 0 on that float32 holds, not \(parts)"
            ),
            (
                fit.strength > 0 && (fit.kind == .ridge ? fit.strength.isFinite : fit.strength < 1),
                "ridge must be above 0, and with lda below 1, not \(fit.strength)"
            ),
            (
                (0..<limit).contains(examples), "examples must be 0 to fewer than 2⁵³, not \(examples)"
            ),
            (
                0 <= schedule.trained && schedule.trained <= schedule.examples && schedule.examples < limit,
                "training must be 0 ≤ trained ≤ examples < 2⁵³, not \(schedule.trained) of \(schedule.examples)"
            ),
            (fit.kind == head.kind, "kind is \(fit.kind.rawValue), but its head is of kind \(head.kind.rawValue)"),
            (isAdapted == sums.isAdapted, "adapted is \(isAdapted), but its sums say \(sums.isAdapted)"),
            (
                width == nil || width == sums.projection.rows,
                "width is \(width ?? 0), but its sums have \(sums.projection.rows)"
            ),
            (bytes == size, "bytes is \(bytes), but its sums have \(size)"),
        ]
        return checks.first { !$0.0 }?.1
    }
}

extension AdapterFiles {
    /// Writes them to a new directory, with the analytic head that the version answers with beside them.
    ///
    /// - Throws: `AdapterError.unwritable(path:reason:)`, also when `directory` exists; nothing is left then.
    public func export(to directory: URL, with analytic: AnalyticExport?) throws {
        let named = naming(sums: analytic?.generation.digest)
        try NewDirectory.write(named.contents.merging(analytic?.contents ?? [:]) { $1 }, to: directory)
    }
}
