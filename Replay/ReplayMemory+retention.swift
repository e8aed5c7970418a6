extension ReplayMemory {
    /// What became of an offered example.
    public enum Outcome: Sendable, Hashable {
        case stored
        /// Not chosen.
        case passedOver
        /// The same text with the same label is held already; nothing changed.
        case duplicate
    }

    /// Offers one example; the retention decides whether it is kept and what leaves for it.
    ///
    /// A text that is held under another label leaves first. Now and then blocks are written anew, which costs in
    /// proportion to the exemplars held; spread over the offers in between it is a fraction of a millisecond each.
    @discardableResult
    public mutating func offer(_ exemplar: Exemplar) throws(ReplayError) -> Outcome {
        let hash = TextHash(exemplar.text.utf8)
        if let held = labelOfText[hash] {
            if rows[held].name == exemplar.label { return .duplicate }
            remove(hash: hash)
        }
        let label = labelNumber(of: exemplar.label)
        rows[label].offered += 1
        offered += 1
        guard admits(label: label) else { return .passedOver }
        insert(exemplar, hash: hash, label: label)
        if configuration.retention == .window, count > limit { evict() }
        if tail.count >= max(256, count / 4) || tailBytes > max(65_536, configuration.maximumBytes) {
            _ = try settle()
        }
        return .stored
    }

    /// Takes a text out, for instance because it was given another label. Returns whether it was held.
    @discardableResult
    public mutating func remove(text: String) -> Bool {
        let hash = TextHash(text.utf8)
        guard labelOfText[hash] != nil else { return false }
        remove(hash: hash)
        return true
    }

    /// Takes out every exemplar that meets the condition. Returns how many.
    @discardableResult
    public mutating func removeAll(where condition: (Exemplar) throws -> Bool) throws -> Int {
        let leaving = try exemplars().filter(condition)
        for exemplar in leaving { remove(text: exemplar.text) }
        return leaving.count
    }

    /// Keeps other bytes beside a text. Returns whether the text was held.
    @discardableResult
    public mutating func attach(_ payload: [UInt8], to text: String) -> Bool {
        let hash = TextHash(text.utf8)
        guard let label = labelOfText[hash],
            let position = rows[label].members.firstIndex(where: { $0.hash == hash })
        else { return false }
        rows[label].members[position].payload = payload
        needsSealing = true
        return true
    }

    /// Changes budgets or retention. What no longer fits leaves at once or, by the byte budget, at the next ``encode()``.
    public mutating func configure(_ configuration: ReplayConfiguration) {
        guard configuration != self.configuration else { return }
        self.configuration = configuration
        limit = configuration.maximumExemplars
        while count > limit { evict() }
    }

    /// Decides by lot, and makes room, for one more example of a label. The counts include it already.
    private mutating func admits(label: Int) -> Bool {
        guard limit > 0 else { return false }
        switch configuration.retention {
        case .window: return true
        case .reservoir: return reservoirAdmits()
        case .classBalanced, .herding, .coverage, .lossAware: return classBalancedAdmits(label: label)
        }
    }

    /// Algorithm R: the n-th example enters with probability m/n for one of the m held, each equally likely.
    ///
    /// m is what is held, not the limit: after a removal a uniform sample stays one only if it does not grow again.
    private mutating func reservoirAdmits() -> Bool {
        if isSampling, isEmpty {
            isSampling = false
            offered = 1
        }
        if count >= limit { isSampling = true }
        guard isSampling else { return true }
        guard generator.uniform(below: offered) < count else { return false }
        evict()
        return true
    }

    /// A label that was never the largest takes the place of one of the largest; any other samples within itself.
    private mutating func classBalancedAdmits(label: Int) -> Bool {
        if rows[label].isFull, rows[label].members.isEmpty {
            // Nothing of it is left to be a sample of; it begins anew.
            rows[label].isFull = false
            rows[label].offered = 1
        }
        if !rows[label].isFull {
            if count < limit { return true }
            let largest = rows.reduce(0) { max($0, $1.members.count) }
            if rows[label].members.count < largest {
                evict()
                return true
            }
            rows[label].isFull = true
        }
        let held = rows[label].members.count
        guard generator.uniform(below: rows[label].offered) < held else { return false }
        removeMember(generator.uniform(below: held), label: label)
        return true
    }

    /// Takes out the exemplar that the retention can best do without. The memory must not be empty.
    mutating func evict() {
        switch configuration.retention {
        case .window:
            // Members ascend by sequence, so the oldest is one of the first.
            let held = rows.indices.filter { !rows[$0].members.isEmpty }
            guard let oldest = held.min(by: { rows[$0].members[0].sequence < rows[$1].members[0].sequence }) else {
                return
            }
            removeMember(0, label: oldest)
        case .reservoir:
            isSampling = true
            let index = generator.uniform(below: count)
            let label = rows.indices.first { starts[$0 + 1] > index } ?? 0
            removeMember(index - starts[label], label: label)
        case .classBalanced, .herding, .coverage, .lossAware:
            let size = rows.reduce(0) { max($0, $1.members.count) }
            let largest = rows.indices.filter { rows[$0].members.count == size }
            let label = largest[generator.uniform(below: largest.count)]
            rows[label].isFull = true
            removeMember(generator.uniform(below: size), label: label)
        }
    }

    mutating func labelNumber(of name: String) -> Int {
        if let number = labelNumbers[name] { return number }
        rows.append(LabelRow(name: name))
        starts.append(count)
        labelNumbers[name] = rows.count - 1
        return rows.count - 1
    }

    mutating func insert(_ exemplar: Exemplar, hash: TextHash, label: Int) {
        let utf8 = Array(exemplar.text.utf8)
        tail.append(utf8)
        tailBytes += utf8.count
        let entry = Entry(
            hash: hash, sequence: exemplar.sequence, experience: exemplar.experience,
            source: exemplar.source.map { sourceNumber(of: $0) }, textBytes: utf8.count,
            location: .tail(tail.count - 1), payload: exemplar.payload)
        var low = 0
        var high = rows[label].members.count
        while low < high {
            let middle = (low + high) / 2
            if rows[label].members[middle].sequence <= entry.sequence { low = middle + 1 } else { high = middle }
        }
        rows[label].members.insert(entry, at: low)
        labelOfText[hash] = label
        for number in label + 1..<starts.count { starts[number] += 1 }
        needsSealing = true
    }

    /// Sources are few: files and services, not documents.
    private mutating func sourceNumber(of name: String) -> Int {
        if let number = sources.firstIndex(of: name) { return number }
        sources.append(name)
        return sources.count - 1
    }

    /// As if it had never been offered: a uniform sample of n without one of its m stays a uniform sample of n − 1.
    private mutating func remove(hash: TextHash) {
        guard let label = labelOfText[hash],
            let position = rows[label].members.firstIndex(where: { $0.hash == hash })
        else { return }
        removeMember(position, label: label)
        rows[label].offered -= 1
        offered -= 1
    }

    mutating func removeMember(_ position: Int, label: Int) {
        let entry = rows[label].members.remove(at: position)
        labelOfText[entry.hash] = nil
        if case .tail(let slot) = entry.location {
            tailBytes -= tail[slot].count
            tail[slot] = []
        }
        for number in label + 1..<starts.count { starts[number] -= 1 }
        needsSealing = true
    }
}
