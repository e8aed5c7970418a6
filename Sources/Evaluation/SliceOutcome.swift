/// Champion's and candidate's answers to the held-out examples of one experience.
public struct SliceOutcome: Sendable, Hashable {
    public var experience: Int
    /// Held out from what the candidate has just learned.
    public var isNew: Bool
    /// Whether the champion answered each example right, in the candidate's order; `nil` without a champion.
    public var championCorrect: [Bool]?
    public var candidateCorrect: [Bool]
    /// The same when the candidate chooses only among the labels that the champion knows; `nil` where both know the
    /// same. A choice among more labels is harder: what is lost by it alone is not forgotten.
    public var candidateCorrectAmongKnown: [Bool]?
    /// Which examples carry labels that the champion never gives rightly; `nil` where that is all of them.
    public var novel: [Bool]?
    /// Which examples carry labels that the champion has learned, whatever it answers; `nil` where that is none.
    public var known: [Bool]?
    /// Share of the commonest label among these: what guessing reaches. 0 where it is not known.
    public var majorityShare: Double

    public init(
        experience: Int, isNew: Bool, championCorrect: [Bool]?, candidateCorrect: [Bool],
        candidateCorrectAmongKnown: [Bool]? = nil, novel: [Bool]? = nil, known: [Bool]? = nil,
        majorityShare: Double = 0
    ) {
        self.experience = experience
        self.isNew = isNew
        self.championCorrect = championCorrect
        self.candidateCorrect = candidateCorrect
        self.candidateCorrectAmongKnown = candidateCorrectAmongKnown
        self.novel = novel
        self.known = known
        self.majorityShare = majorityShare
    }

    var examples: Int { candidateCorrect.count }
    var candidateRight: Int { candidateCorrect.count { $0 } }
    var championRight: Int? { championCorrect.map { $0.count { $0 } } }
    /// The candidate's answers to the novel examples.
    var candidateCorrectOnNovel: [Bool] {
        guard let novel else { return candidateCorrect }
        return zip(candidateCorrect, novel).compactMap { $1 ? $0 : nil }
    }

    /// `nil` where there is no champion or nothing to compare.
    var comparison: PairedComparison? {
        guard let championCorrect, examples > 0 else { return nil }
        return PairedComparison(champion: championCorrect, candidate: candidateCorrect)
    }

    /// As ``comparison``, among the labels that the champion knows.
    var comparisonAmongKnown: PairedComparison? {
        guard let championCorrect, examples > 0 else { return nil }
        return PairedComparison(champion: championCorrect, candidate: candidateCorrectAmongKnown ?? candidateCorrect)
    }

    /// As ``comparisonAmongKnown``, of the examples with labels that the champion has learned: on the others it has nothing
    /// to lose.
    var comparisonOfKnown: PairedComparison? {
        guard let championCorrect, let known else { return nil }
        let pairs = zip(championCorrect, candidateCorrectAmongKnown ?? candidateCorrect)
        let compared = zip(pairs, known).compactMap { $1 ? $0 : nil }
        guard !compared.isEmpty else { return nil }
        return PairedComparison(champion: compared.map(\.0), candidate: compared.map(\.1))
    }
}
