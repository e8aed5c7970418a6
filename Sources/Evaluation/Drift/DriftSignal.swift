/// From a test that spoke to a drift that is sure: what speaks is watched, and told only when observations that came
/// after it say the same by themselves.
///
/// A window that slides is looked at again and again, so some look will speak by chance however its tests are
/// corrected. Fresh observations were not chosen by that chance. They are asked twice, after half a window and after
/// a whole one, each time at half the level.
struct DriftSignal: Sendable, Codable, Hashable {
    enum Phase: Sendable, Codable, Hashable {
        case quiet
        /// Speaks since then; what came after `total` observations is fresh.
        case watching(since: Double, total: Int, asked: Int)
        case drifting(since: Double, lastSpoke: Int)
    }

    private(set) var phase = Phase.quiet

    /// What the caller is to do next.
    enum Step: Hashable {
        case none
        /// A spell of watching begins.
        case began
        /// Ask the last `count` observations alone.
        case ask(count: Int)
        case ended
    }

    /// Takes one look.
    ///
    /// - Parameters:
    ///   - speaks: whether the sliding window is over threshold and beyond chance.
    ///   - total: observations so far, this look's included.
    mutating func look(speaks: Bool, total: Int, time: Double, window: Int) -> Step {
        switch phase {
        case .quiet:
            guard speaks else { return .none }
            phase = .watching(since: time, total: total, asked: 0)
            return .began
        case .watching(_, let start, let asked):
            let fresh = total - start
            guard fresh >= (asked == 0 ? window / 2 : window) else { return .none }
            return .ask(count: min(fresh, window))
        case .drifting(let since, let lastSpoke):
            if speaks {
                phase = .drifting(since: since, lastSpoke: total)
            } else if total - lastSpoke >= window {
                phase = .quiet
                return .ended
            }
            return .none
        }
    }

    /// Takes the answer to ``Step/ask(count:)``.
    mutating func answer(confirmed: Bool, total: Int) {
        guard case .watching(let since, let start, let asked) = phase else { return }
        if confirmed {
            phase = .drifting(since: since, lastSpoke: total)
        } else {
            phase = asked == 0 ? .watching(since: since, total: start, asked: 1) : .quiet
        }
    }

    mutating func reset() { phase = .quiet }
}
