import Tensors
import Transformers

/// Several adapters in one pass of a model: each applies to consecutive rows, rows of none stay the base model's.
struct SegmentedLowRank: SiteAdapter {
    struct Segment {
        var rows: Range<Int>
        var adapter: ClassifierAdapter
    }

    var segments: [Segment]

    var lowestLayer: Int { segments.map(\.adapter.layout.lowestLayer).min() ?? 0 }

    func adapts(_ site: Site) -> Bool {
        segments.contains { $0.adapter.lowRankUpdate(at: site) != nil }
    }

    func apply(at site: Site, input: Variable, output: Variable.Slice, tape: Tape) {
        let updates = segments.compactMap { segment in
            segment.adapter.lowRankUpdate(at: site).map { LowRankSegment(rows: segment.rows, update: $0) }
        }
        tape.addLowRank(updates, of: input, to: output)
    }
}
