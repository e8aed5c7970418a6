import Adapters
import Foundation
import Pipeline
import Schema
import Store
import TinyBert

/// A version of the tiny model with an analytic head of two labels, as it was exported.
struct ExportedVersion {
    static let base = "sha256:base"

    let files: AdapterFiles
    let analytic: AnalyticExport
    /// Where it was exported to; gone once the body has returned.
    let directory: URL

    /// - Parameter width: of the features its sums are made for.
    static func with<Value>(
        width: Int = 32, blend: Blend = .analyticAlone, _ body: (ExportedVersion) throws -> Value
    ) throws -> Value {
        let home = Home(root: FileManager.default.temporaryDirectory.appending(path: "export-\(UUID().uuidString)"))
        defer { try? FileManager.default.removeItem(at: home.root) }
        try home.create()
        let rows = ["a", "b"].enumerated().map { place, label in
            AnalyticSums.Row(features: (0..<width).map { $0 == place ? 1 : 0 }, label: label)
        }
        let sums = try AnalyticSums(width: 16, features: width).adding(rows)
        let fit = AnalyticFit(.ridge, strength: 0.01)
        let data = try sums.encoded(base: base, head: sums.head(fit))
        let digest = ContentDigest(of: data).description
        try data.write(to: home.analyticGeneration(digest))
        let generation = AnalyticGeneration(
            digest: digest, examples: 2, bytes: data.count, fit: fit, width: 16, blend: blend, experiences: [[1, 1]])
        let files = try AdapterFiles(TinyBert.adapter(TinyBert.encoder()), lineage: TinyBert.lineage)
        let analytic = try AnalyticExport(generation, of: home)
        let directory = home.root.appending(path: "exported")
        try files.export(to: directory, with: analytic)
        return try body(ExportedVersion(files: files, analytic: analytic, directory: directory))
    }
}
