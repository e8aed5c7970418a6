/// Scratch memory for one thread: handed out in order, taken back all at once.
///
/// It grows until it has seen the largest step; from then on a step allocates nothing.
public final class Arena {
    private var chunks: [Chunk] = []
    private var current = 0
    private var used = 0
    /// Most elements in use at once, with what was left over at the ends of chunks.
    private var highWater = 0
    /// Counts resets, so that a tape can tell that its memory was taken back.
    private(set) var generation = 0
    /// Where operations note their time; `nil` when nobody asks for it.
    var profile: OperationProfile?

    private struct Chunk {
        let base: UnsafeMutablePointer<Float>
        let count: Int
    }

    public init() {}

    deinit {
        for chunk in chunks { chunk.base.deallocate() }
    }

    /// Bytes held.
    public var capacity: Int { chunks.reduce(0) { $0 + $1.count } * MemoryLayout<Float>.stride }

    /// Takes back everything handed out.
    public func reset() {
        if chunks.count > 1 {
            for chunk in chunks { chunk.base.deallocate() }
            // One piece as large as all that was in use at once.
            chunks = [Chunk(base: Memory.allocate(highWater), count: highWater)]
        }
        current = 0
        used = 0
        generation += 1
    }

    /// Takes back everything handed out, and holds nothing.
    func empty() {
        for chunk in chunks { chunk.base.deallocate() }
        chunks = []
        highWater = 0
        reset()
    }

    /// Uninitialised memory, aligned to 64 bytes, valid until the next reset or release below it.
    func allocate(_ count: Int) -> UnsafeMutablePointer<Float> {
        let rounded = (count + 15) & ~15
        while current < chunks.count, used + rounded > chunks[current].count {
            current += 1
            used = 0
        }
        if current == chunks.count {
            let size = max(rounded, 1 << 20)
            chunks.append(Chunk(base: Memory.allocate(size), count: size))
        }
        let base = chunks[current].base + used
        used += rounded
        highWater = max(highWater, chunks[..<current].reduce(used) { $0 + $1.count })
        return base
    }

    struct Mark {
        let chunk: Int
        let used: Int
    }

    var mark: Mark { Mark(chunk: current, used: used) }

    /// Takes back what was handed out since `mark`.
    func release(to mark: Mark) {
        current = mark.chunk
        used = mark.used
    }
}
