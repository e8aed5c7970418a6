import Adapters
import Foundation
import Schema
import Tensors
import Tokenizers
import Transformers

/// An exported version that answers here: what a task takes in.
public struct ImportedVersion: Sendable {
    /// The adapter, as the home that exported it has it.
    public let files: AdapterFiles
    /// What it answers with beside the adapter; `nil` where it had none.
    public let analytic: AnalyticExport?

    /// - Parameters:
    ///   - exported: what stands in `directory`, of the base model whose parts follow.
    ///   - base: that model's digest.
    /// - Throws: `AdapterError`, `TensorError` for files that are missing, changed or damaged, do not belong together or
    ///   to the base model, hold a recipe that nobody could learn by, or answer with something that is not a number.
    public init(
        _ exported: AdapterFiles, in directory: URL, base: String, encoder: any TextEncoder, tokenizer: Tokenizer
    ) throws {
        try exported.requireUndamaged(in: directory)
        files = exported.withoutExportLines
        if let problem = try files.lineage().recipe.problem {
            throw AdapterError.invalidFile(
                name: directory.appending(path: "perennial.json").path,
                reason: "nobody could learn by its recipe: \(problem)")
        }
        let adapter = try files.adapter(for: encoder)
        analytic = try AnalyticExport(
            contentsOf: directory, base: base, features: encoder.hiddenSize, named: exported.sums)
        let head = try analytic.map { _ in
            try AnalyticHead(contentsOf: directory.appending(path: AnalyticExport.sums), base: base)
        }
        let tokens = tokenizer.encode("a text of a few words")
        let requests = [nil, adapter].map { Classifier.Request(tokens: tokens, adapter: $0) }
        let outputs = Classifier(encoder: encoder).outputs(requests, pool: WorkerPool(count: 1))
        let scores = head?.scores([outputs[head?.isAdapted == true ? 1 : 0].features]).first ?? []
        let pair = HeadPair(
            adapter: adapter.labels, analytic: head, blend: analytic?.generation.blend ?? .adapterAlone)
        let answer = pair.probabilities(adapter: outputs[1].logits, analytic: scores)
        guard (outputs[1].features + outputs[1].logits + scores + answer).allSatisfy(\.isFinite) else {
            throw AdapterError.invalidFile(
                name: directory.path,
                reason: "it answers with something that is not a number: its weights or scales are far too large; "
                    + "export the version again")
        }
    }
}
