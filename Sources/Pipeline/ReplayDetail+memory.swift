import Replay
import Schema
import Store

extension ReplayDetail {
    /// What a memory is made of.
    ///
    /// - Parameters:
    ///   - rehearsals: by sequence number; what is no longer in the memory is left out.
    ///   - storedBytes: size of the memory's file.
    init(memory: ReplayMemory, rehearsals: [Int64: Int], storedBytes: Int) throws {
        let exemplars = try memory.exemplars()
        let items = exemplars.map {
            ReplayComposition.Item(
                label: $0.label, textBytes: $0.text.utf8.count, experience: $0.experience,
                rehearsals: rehearsals[$0.sequence] ?? 0)
        }
        let held = Set(exemplars.map(\.sequence))
        self.init(
            composition: ReplayComposition(items: items, offered: memory.offered, storedBytes: storedBytes),
            rehearsals: rehearsals.filter { held.contains($0.key) && $0.value > 0 })
    }
}
