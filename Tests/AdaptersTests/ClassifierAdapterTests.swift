import Adapters
import Schema
import Testing
import TinyBert
import Transformers

@Suite struct ClassifierAdapterTests {
    let encoder: any TextEncoder

    init() throws { encoder = try TinyBert.encoder() }

    @Test func `A new adapter has A within ±1/√in, and zeros elsewhere`() throws {
        let adapter = try ClassifierAdapter(
            options: TinyBert.options, labels: ["a", "b"], encoder: encoder, seed: 1)
        for projection in adapter.layout.projections {
            let bound = 1 / Float(projection.inputWidth).squareRoot()
            let a = adapter.parameters[projection.a]
            #expect(a.allSatisfy { abs($0) <= bound })
            // The largest of n uniform numbers is below 0.8 of the bound with probability 0.8ⁿ, here below 1e-9.
            #expect(a.map(abs).max().map { $0 > 0.8 * bound } == true)
            #expect(adapter.parameters[projection.b].allSatisfy { $0 == 0 })
        }
        #expect(adapter.headWeight.values.allSatisfy { $0 == 0 })
        #expect(adapter.headBias.values.allSatisfy { $0 == 0 })
    }

    @Test func `The layout has no gap and no overlap`() throws {
        let layout = try TinyBert.adapter(encoder).layout
        let ranges = layout.projections.flatMap { [$0.a, $0.b] } + [layout.headWeight, layout.headBias]
        #expect(layout.projections.count == 12)
        #expect(ranges.first?.lowerBound == 0)
        for (range, next) in zip(ranges, ranges.dropFirst()) { #expect(range.upperBound == next.lowerBound) }
        #expect(layout.count == 2 * (4 * 2 * 3 * 32 + 2 * 3 * (32 + 64)) + 5 * 32 + 5)
    }

    @Test func `The seed decides A`() throws {
        func parameters(_ seed: UInt64) throws -> [Float] {
            let adapter = try ClassifierAdapter(
                options: TinyBert.options, labels: [], encoder: encoder, seed: seed)
            return adapter.parameters[0..<adapter.layout.count]
        }
        #expect(try parameters(1) == parameters(1))
        #expect(try parameters(1) != parameters(2))
    }

    @Test(arguments: [(false, 16.0, 4, 4.0 as Float), (true, 16, 4, 8)])
    func `Scaling is α over the rank or its root`(stabilized: Bool, alpha: Double, rank: Int, expected: Float) {
        var options = Recipe.AdapterOptions()
        options.rankStabilized = stabilized
        options.alpha = alpha
        options.rank = rank
        #expect(options.scaling == expected)
    }

    @Test func `Growing appends zero rows and keeps every old bit`() throws {
        let adapter = try TinyBert.adapter(encoder)
        let grown = try adapter.growing(to: TinyBert.labels + ["f", "g"], encoder: encoder)
        let old = adapter.layout.headWeight.upperBound
        #expect(grown.parameters[0..<old] == adapter.parameters[0..<old])
        #expect(grown.headWeight.values.suffix(64).allSatisfy { $0 == 0 })
        #expect(grown.headBias.values == adapter.headBias.values + [0, 0])
        #expect(grown.labels == TinyBert.labels + ["f", "g"])
    }

    @Test func `Labels can neither be dropped nor reordered nor repeated`() throws {
        let adapter = try TinyBert.adapter(encoder)
        #expect(throws: AdapterError.labelsNotExtended(known: 5, proposed: 4)) {
            try adapter.growing(to: ["a", "b", "c", "d"], encoder: encoder)
        }
        #expect(throws: AdapterError.labelsNotExtended(known: 5, proposed: 6)) {
            try adapter.growing(to: ["b", "a", "c", "d", "e", "f"], encoder: encoder)
        }
        #expect(throws: AdapterError.duplicateLabel("a")) {
            try adapter.growing(to: TinyBert.labels + ["a"], encoder: encoder)
        }
    }

    static let wrongOptions: [(String, @Sendable (inout Recipe.AdapterOptions) -> Void)] = [
        ("rank", { $0.rank = 0 }), ("alpha", { $0.alpha = .nan }), ("dropout", { $0.dropout = 1 }),
        ("feature_scale", { $0.featureScale = 0 }), ("targets", { $0.targets = [] }),
    ]

    @Test(arguments: wrongOptions)
    func `An option out of range is named`(
        field: String, change: @Sendable (inout Recipe.AdapterOptions) -> Void
    ) throws {
        var options = TinyBert.options
        change(&options)
        let changed = options
        #expect {
            try ClassifierAdapter(options: changed, labels: [], encoder: encoder, seed: 0)
        } throws: { error in
            if case AdapterError.invalidOption("adapter.\(field)", _, _) = error { true } else { false }
        }
    }
}
