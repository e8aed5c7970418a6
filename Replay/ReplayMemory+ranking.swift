extension Retention {
    /// Whether what is kept is chosen by what the examples are worth, rather than by lot or age.
    public var isRanked: Bool {
        switch self {
        case .herding, .coverage, .lossAware: true
        case .classBalanced, .reservoir, .window: false
        }
    }
}

extension ReplayMemory {
    /// Offers a whole experience to a ranked retention, which chooses anew among what is held and what is offered.
    ///
    /// Every label gets the same number of places as far as it can fill them. A text that is held keeps what it has; of
    /// one that is offered several times the last counts.
    ///
    /// - Parameters:
    ///   - held: what the retention goes by for each exemplar held, in the order of ``exemplars()``: its features, or
    ///     for a loss-aware retention one element, the loss.
    ///   - vectors: the same for each of `exemplars`. All features must be equally long.
    public mutating func offer(
        _ exemplars: [Exemplar], vectors: [[Float]], held: [[Float]]
    ) throws(ReplayError) {
        precondition(configuration.retention.isRanked, "\(configuration.retention) takes exemplars one by one")
        precondition(
            held.count == count && vectors.count == exemplars.count,
            "\(held.count) and \(vectors.count) vectors for \(count) held and \(exemplars.count) offered exemplars")
        let old = try self.exemplars()
        var vectorOf = Dictionary(uniqueKeysWithValues: zip(old.map { TextHash($0.text.utf8) }, held))
        let hashes = exemplars.map { TextHash($0.text.utf8) }
        let last = Dictionary(zip(hashes, exemplars.indices), uniquingKeysWith: { $1 })
        var arrivals: [(label: Int, hash: TextHash)] = []
        for (position, hash) in hashes.enumerated() where last[hash] == position {
            if let label = labelOfText[hash] {
                if rows[label].name == exemplars[position].label { continue }
                remove(text: exemplars[position].text)
            }
            let label = labelNumber(of: exemplars[position].label)
            rows[label].offered += 1
            offered += 1
            vectorOf[hash] = vectors[position]
            arrivals.append((label, hash))
        }
        var candidates = rows.map { $0.members.map(\.hash) }
        for (label, hash) in arrivals { candidates[label].append(hash) }
        for (label, places) in Self.places(candidates.map(\.count), limit: limit).enumerated() {
            let own = candidates[label]
            let chosen = Set(choose(places, of: own.map { vectorOf[$0] ?? [] }).map { own[$0] })
            for hash in rows[label].members.map(\.hash) where !chosen.contains(hash) { take(hash, from: label) }
            for hash in own where chosen.contains(hash) && labelOfText[hash] == nil {
                if let position = last[hash] { insert(exemplars[position], hash: hash, label: label) }
            }
        }
    }

    private mutating func choose(_ places: Int, of vectors: [[Float]]) -> [Int] {
        switch configuration.retention {
        case .herding: Selection.herding(vectors, count: places)
        case .coverage: Selection.coverage(vectors, count: places)
        default: Selection.weighted(vectors.map { $0.first ?? 0 }, count: places, using: &generator)
        }
    }

    private mutating func take(_ hash: TextHash, from label: Int) {
        guard let position = rows[label].members.firstIndex(where: { $0.hash == hash }) else { return }
        removeMember(position, label: label)
    }

    /// Places for each label: as even as its candidates and the limit allow, the first labels one more.
    package static func places(_ candidates: [Int], limit: Int) -> [Int] {
        var places = candidates.map { _ in 0 }
        var left = limit
        var open = candidates.indices.filter { candidates[$0] > 0 }
        while left > 0, !open.isEmpty {
            let share = max(left / open.count, 1)
            for label in open {
                let taken = min(share, candidates[label] - places[label], left)
                places[label] += taken
                left -= taken
            }
            open.removeAll { places[$0] == candidates[$0] }
        }
        return places
    }
}
