extension ReplayMemory {
    /// Writes what is pending into blocks, drops what the byte budget does not hold, and returns the encoding.
    mutating func settle() throws(ReplayError) -> [UInt8] {
        if needsSealing { try seal() }
        var bytes = try serialize()
        let budget = configuration.maximumBytes
        var exceeded = false
        while bytes.count > budget {
            exceeded = true
            if isEmpty {
                // Only names are left: those of labels that nothing is held of.
                rows = []
                labelNumbers = [:]
                starts = [0]
            } else {
                let excess = max(1, count * (bytes.count - budget) / bytes.count)
                for _ in 0..<excess { evict() }
                try seal()
            }
            bytes = try serialize()
        }
        storedBytes = bytes.count
        limit = nextLimit(exceeded: exceeded)
        return bytes
    }

    /// What fits after blocks were written: learned from what they came to, growing again as texts get shorter.
    private func nextLimit(exceeded: Bool) -> Int {
        if exceeded { return max(1, count) }
        guard limit < configuration.maximumExemplars, storedBytes > 0 else { return limit }
        return min(configuration.maximumExemplars, max(limit, count * configuration.maximumBytes / storedBytes))
    }

    private mutating func seal() throws(ReplayError) {
        var used: [Int: Int] = [:]
        var names: [String] = []
        var sealed: [SealedExemplar] = []
        sealed.reserveCapacity(count)
        for (label, row) in rows.enumerated() {
            for entry in row.members {
                var source: Int?
                if let old = entry.source {
                    if used[old] == nil {
                        used[old] = names.count
                        names.append(sources[old])
                    }
                    source = used[old]
                }
                let columns = ExemplarColumns.Row(
                    sequence: entry.sequence, experience: entry.experience, source: source, payload: entry.payload)
                sealed.append(SealedExemplar(label: label, row: columns, utf8: Array(try utf8(of: entry))))
            }
        }
        archive = try BlockWriter.archive(sealed)
        sources = names
        tail = []
        tailBytes = 0
        needsSealing = false

        var block = 0
        var slot = 0
        var position = 0
        for label in rows.indices {
            for member in rows[label].members.indices {
                if slot == archive.blocks[block].exemplars {
                    block += 1
                    slot = 0
                }
                rows[label].members[member].location = .block(block, slot: slot)
                rows[label].members[member].source = sealed[position].row.source
                slot += 1
                position += 1
            }
        }
    }
}
