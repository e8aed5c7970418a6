/// Inputs that wait for the model, and which of them go next: a value, so that its rules are tested without threads.
///
/// A batch takes one input of each waiting request in turn until its token budget is spent, so a request of one text
/// never waits behind all of a request of hundreds.
package struct BatchQueue {
    /// A place in a batch: which input of which request.
    package struct Slot: Equatable {
        package var request: UInt64
        package var index: Int

        package init(request: UInt64, index: Int) {
            self.request = request
            self.index = index
        }
    }

    private struct Waiting {
        var id: UInt64
        /// Tokens of each input.
        var lengths: [Int]
        var next = 0
    }

    /// Inputs that may wait.
    package let limit: Int
    private var requests: [Waiting] = []
    /// Inputs that wait.
    package private(set) var count = 0

    package init(limit: Int) { self.limit = limit }

    /// Takes a request's inputs, or returns `false` when they do not fit. An empty queue takes any request.
    package mutating func enqueue(_ id: UInt64, lengths: [Int]) -> Bool {
        guard count == 0 || count + lengths.count <= limit else { return false }
        requests.append(Waiting(id: id, lengths: lengths))
        count += lengths.count
        return true
    }

    /// The next batch: at least one input, and no more than the budget unless the first alone exceeds it.
    package mutating func nextBatch(tokens budget: Int) -> [Slot] {
        var batch: [Slot] = []
        var left = budget
        var isFull = false
        while !isFull, count > 0 {
            var index = 0
            while index < requests.count {
                let length = requests[index].lengths[requests[index].next]
                guard length <= left || batch.isEmpty else {
                    isFull = true
                    break
                }
                batch.append(Slot(request: requests[index].id, index: requests[index].next))
                left -= length
                count -= 1
                requests[index].next += 1
                if requests[index].next == requests[index].lengths.count {
                    requests.remove(at: index)
                } else {
                    index += 1
                }
            }
            // Who was served partly goes behind who was not served at all.
            if isFull, index > 0, index < requests.count { requests = Array(requests[index...] + requests[..<index]) }
        }
        return batch
    }

    /// Forgets what still waits of a request.
    package mutating func cancel(_ id: UInt64) {
        guard let index = requests.firstIndex(where: { $0.id == id }) else { return }
        count -= requests[index].lengths.count - requests[index].next
        requests.remove(at: index)
    }
}
