/// What a memory of given examples costs, and how fast it is read.
public enum ReplayBenchmark {
    public struct Result: Sendable, Hashable, Codable {
        public var examples: Int
        /// Size of the source, as given.
        public var rawBytes: Int
        /// Everything counted: texts, both copies of names, dictionary and index, columns and checksums.
        public var storedBytes: Int
        /// Raw over stored.
        public var ratio: Double
        /// Exemplars read at random positions, in one thread, as a trainer reads them.
        public var readsPerSecond: Double
        /// The same when every read decompresses its block.
        public var coldReadsPerSecond: Double
        public var encodeSeconds: Double

        enum CodingKeys: String, CodingKey {
            case examples
            case rawBytes = "raw_bytes"
            case storedBytes = "stored_bytes"
            case ratio
            case readsPerSecond = "reads_per_second"
            case coldReadsPerSecond = "cold_reads_per_second"
            case encodeSeconds = "encode_seconds"
        }
    }

    /// Stores all examples, encodes, decodes, and reads random exemplars from the decoded memory.
    ///
    /// - Parameters:
    ///   - rawBytes: size of the file the examples came from, line ends included.
    ///   - reads: random reads to time.
    public static func run(
        _ examples: [(text: String, label: String)], rawBytes: Int, reads: Int = 200_000
    ) throws(ReplayError) -> Result {
        let configuration = try ReplayConfiguration(maximumExemplars: examples.count, maximumBytes: Int(UInt32.max))
        var memory = try ReplayMemory(configuration: configuration, seed: 0)
        for (number, example) in examples.enumerated() {
            try memory.offer(Exemplar(text: example.text, label: example.label, sequence: Int64(number)))
        }
        let clock = ContinuousClock()
        let begin = clock.now
        let bytes = try memory.encode()
        let encodeSeconds = seconds(since: begin)

        let restored = try ReplayMemory(decoding: bytes)
        var uncached = restored
        uncached.archive = try restored.archive.cached(bytes: 0)
        return Result(
            examples: restored.count, rawBytes: rawBytes, storedBytes: bytes.count,
            ratio: Double(rawBytes) / Double(bytes.count),
            readsPerSecond: try rate(reads, of: restored), coldReadsPerSecond: try rate(reads / 10, of: uncached),
            encodeSeconds: encodeSeconds)
    }

    private static func rate(_ reads: Int, of memory: ReplayMemory) throws(ReplayError) -> Double {
        guard !memory.isEmpty, reads > 0 else { return 0 }
        var generator = SeededGenerator(seed: 1)
        let begin = ContinuousClock().now
        var bytes = 0
        for _ in 0..<reads {
            bytes += try memory.exemplar(at: generator.uniform(below: memory.count)).text.utf8.count
        }
        // The sum is what keeps the reads from being optimised away.
        precondition(bytes >= 0, "texts have a size")
        return Double(reads) / seconds(since: begin)
    }

    private static func seconds(since begin: ContinuousClock.Instant) -> Double {
        (ContinuousClock().now - begin) / .seconds(1)
    }
}
