import Foundation
import Testing

import Tensors

@Suite("Tape")
struct TapeTests {
    private let arena = Arena()

    @Test("attention to one token returns its value; to equal keys, the mean of the values")
    func attentionByHand() {
        let tape = Tape(arena: arena)
        // One head of width 1: query, key, value.
        let joint = tape.input(rows: 3, columns: 3, values: [5, 7, 11, 1, 2, 4, -1, 2, 8])
        #expect(tape.read(tape.attention(joint, offsets: [0, 1, 3], headCount: 1)) == [11, 6, 6])
    }

    @Test("pooling and normalising a three-four-five triangle")
    func poolingByHand() {
        let tape = Tape(arena: arena)
        let x = tape.input(rows: 3, columns: 2, values: [2, 4, 4, 4, 0, 0])
        let mean = tape.meanPool(x, offsets: [0, 2, 3])
        #expect(tape.read(mean) == [3, 4, 0, 0])
        #expect(largestError(tape.read(tape.normalize(mean, scale: 10)), [6, 8, 0, 0]) < 1e-6)
    }

    @Test("a low-rank update adds s·B(Ax) to its own rows and columns")
    func lowRankByHand() {
        let tape = Tape(arena: arena)
        let x = tape.input(rows: 2, columns: 2, values: [1, 2, 3, 4])
        let y = tape.input(rows: 2, columns: 3, values: [0, 0, 0, 0, 0, 0])
        let update = LowRankUpdate(
            down: Matrix(rows: 1, columns: 2, values: [1, 1]), up: Matrix(rows: 2, columns: 1, values: [1, -1]),
            scale: 0.5)
        tape.addLowRank([LowRankSegment(rows: 1..<2, update: update)], of: x, to: y.slice(columns: 1..<3))
        #expect(tape.read(y) == [0, 0, 0, 0, 3.5, -3.5])
    }

    @Test("nothing is recorded before the first trainable parameter, nor in inference")
    func recordsOnlyWhatIsNeeded() throws {
        let projection = try FrozenLinear(weights: [Matrix(rows: 2, columns: 2, values: [1, 0, 0, 1])], biases: [])
        let parameters = FloatStorage([1, 2, 3, 4])
        let trainable = Matrix(storage: parameters, rows: 2, columns: 2)
        let tape = Tape(arena: arena, parameters: parameters, gradients: FloatStorage(count: 4))
        let frozen = tape.linear(tape.input(rows: 1, columns: 2, values: [1, 1]), projection, gelu: true)
        #expect(tape.recordCount == 0)
        let y = tape.linear(frozen, weight: trainable)
        #expect(tape.recordCount == 1)
        _ = tape.linear(y, projection)
        #expect(tape.recordCount == 2)

        let inference = Tape(arena: arena)
        let input = inference.input(rows: 1, columns: 2, values: [1, 1])
        _ = inference.linear(inference.linear(input, weight: trainable), projection, gelu: true)
        #expect(inference.recordCount == 0)
    }

    @Test("a scope returns its result and gives back the memory of the rest")
    func scopes() {
        let tape = Tape(arena: arena)
        let x = tape.input(rows: 300, columns: 1_000, values: (0..<300_000).map { Float($0 % 17) })
        let ones = tape.input(rows: 300, columns: 1_000, values: [Float](repeating: 1, count: 300_000))
        func twice() -> Variable { tape.scoped { tape.add(tape.add(x, x), ones) } }
        let first = tape.read(twice())
        let capacity = arena.capacity
        for _ in 0..<20 { #expect(tape.read(twice()) == first) }
        #expect(first[16] == 33)
        // Twenty results stay, of a million bytes and more each; the memory of their parts does not add up.
        #expect(arena.capacity < capacity + 21 * 2 * 1_200_000)
    }

    @Test("an arena allocates nothing once it has seen the largest step")
    func arenaStops() {
        func step() {
            let tape = Tape(arena: arena)
            var x = tape.input(rows: 500, columns: 400, values: [Float](repeating: 1, count: 200_000))
            for _ in 0..<5 { x = tape.add(x, x) }
        }
        step()
        step()
        let capacity = arena.capacity
        for _ in 0..<5 { step() }
        #expect(arena.capacity == capacity)
    }

    @Test("dropout keeps its share, scales it, and repeats itself")
    func dropout() {
        let tape = Tape(arena: arena)
        let ones = tape.input(rows: 100, columns: 100, values: [Float](repeating: 1, count: 10_000))
        let key = DropoutKey(seed: 1, stream: 2)
        let dropped = tape.read(tape.dropout(ones, rate: 0.25, key: key))
        let kept = dropped.count { $0 != 0 }
        // Five standard deviations of a binomial of 10,000 at 0.75.
        #expect(abs(kept - 7_500) < 217)
        #expect(dropped.allSatisfy { $0 == 0 || $0 == Float(1 / 0.75) })
        #expect(tape.read(tape.dropout(ones, rate: 0.25, key: key)) == dropped)
        #expect(tape.read(tape.dropout(ones, rate: 0.25, key: DropoutKey(seed: 1, stream: 3))) != dropped)
    }

    @Test("unpacked weights give what packed ones give", .enabled(if: (try? BLAS.information()) != nil))
    func unpacked() throws {
        var random = RandomValues(seed: 8)
        let weights = [(3, 10), (5, 10)].map { Matrix(rows: $0, columns: $1, values: random.floats($0 * $1)) }
        let biases = [3, 5].map { Matrix(rows: 1, columns: $0, values: random.floats($0)) }
        let values = random.floats(40)
        let seed = random.floats(32)
        let results = try [true, false].map { packing in
            let projection = try FrozenLinear(weights: weights, biases: biases, packing: packing)
            let tape = Tape(arena: arena)
            let x = tape.input(rows: 4, columns: 10, values: values, requiresGradient: true)
            let y = tape.linear(x, projection, gelu: true)
            tape.backward(from: y, seed: seed)
            return (tape.read(y), tape.readGradient(x))
        }
        #expect(largestError(results[0].0, results[1].0) < 1e-5)
        #expect(largestError(results[0].1, results[1].1) < 1e-5)
    }

    @Test("memory that OpenBLAS gives back changes no product", .enabled(if: (try? BLAS.information()) != nil))
    func releasedMemory() async {
        var random = RandomValues(seed: 11)
        let a = Matrix(rows: 70, columns: 300, values: random.floats(70 * 300))
        let b = Matrix(rows: 300, columns: 90, values: random.floats(300 * 90))
        let expected = Dense.product(a, b).values
        let differences = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    (0..<200).count { _ in
                        BLAS.releaseMemory(threads: 2)
                        return Dense.product(a, b).values != expected
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(differences == 0)
    }

    @Test("reduced precisions come near float32, forward and back", arguments: Precision.allCases)
    func precisions(precision: Precision) throws {
        var random = RandomValues(seed: 9)
        let weights = [40, 61].map { Matrix(rows: $0, columns: 75, values: random.floats($0 * 75)) }
        let biases = [40, 61].map { Matrix(rows: 1, columns: $0, values: random.floats($0)) }
        guard precision.isSupported else {
            #expect(throws: TensorError.self) {
                _ = try FrozenLinear(weights: weights, biases: biases, precision: precision)
            }
            return
        }
        let values = random.floats(9 * 75)
        let seed = random.floats(9 * 101)
        let results = try [Precision.float32, precision].map { precision in
            let projection = try FrozenLinear(weights: weights, biases: biases, precision: precision)
            let tape = Tape(arena: arena)
            let x = tape.input(rows: 9, columns: 75, values: values, requiresGradient: true)
            let y = tape.linear(x, projection, gelu: true)
            tape.backward(from: y, seed: seed)
            return (tape.read(y), tape.readGradient(x))
        }
        let tolerance: Float = precision == .float32 ? 0 : 0.04
        #expect(relativeError(results[1].0, results[0].0) <= tolerance)
        #expect(relativeError(results[1].1, results[0].1) <= tolerance)
    }

    @Test("a team gives the bits of one thread", arguments: Precision.allCases.filter(\.isSupported), [1, 2, 3])
    func team(precision: Precision, threads: Int) throws {
        var random = RandomValues(seed: 10)
        let joint = try FrozenLinear(
            weights: [Matrix(rows: 3 * 64, columns: 64, values: random.floats(3 * 64 * 64))], biases: [],
            precision: precision)
        let wide = try FrozenLinear(
            weights: [Matrix(rows: 200, columns: 64, values: random.floats(200 * 64))],
            biases: [Matrix(rows: 1, columns: 200, values: random.floats(200))], precision: precision)
        let update = LowRankUpdate(
            down: Matrix(rows: 4, columns: 64, values: random.floats(4 * 64)),
            up: Matrix(rows: 200, columns: 4, values: random.floats(200 * 4)), scale: 0.5)
        let values = random.floats(11 * 64)
        func run(_ tape: Tape) -> [Float] {
            let x = tape.input(rows: 11, columns: 64, values: values)
            let attended = tape.attention(tape.linear(x, joint), offsets: [0, 4, 5, 11], headCount: 4)
            let y = tape.linear(attended, wide)
            tape.addLowRank([LowRankSegment(rows: 2..<9, update: update)], of: attended, to: y.slice)
            return tape.read(tape.gelu(y))
        }
        let pool = WorkerPool(count: threads)
        #expect(pool.lead { run(Tape(team: $0)) } == run(Tape(arena: arena)))
    }

    @Test("a profile counts each operation and its arithmetic")
    func profile() throws {
        let pool = WorkerPool(count: 2, profiling: true)
        let projection = try FrozenLinear(
            weights: [Matrix(rows: 5, columns: 3, values: [Float](repeating: 1, count: 15))], biases: [])
        pool.run { share in
            let tape = Tape(arena: share.arena)
            let x = tape.input(rows: 2, columns: 3, values: [1, 2, 3, 4, 5, 6], requiresGradient: true)
            let y = tape.linear(x, projection)
            tape.backward(from: y, seed: [Float](repeating: 1, count: 10))
        }
        let entries = pool.profile.entries.sorted { $0.key < $1.key }
        #expect(entries.map(\.key.operation) == [.frozenLinear, .frozenLinear])
        #expect(entries.map(\.key.isBackward) == [false, true])
        for (_, entry) in entries {
            #expect(entry.calls == 2 && entry.operations == 2 * 2 * 2 * 15)
            #expect(entry.bytes == 2 * 4 * (15 + 6 + 10) && entry.seconds > 0)
        }
        #expect(WorkerPool(count: 1).profile.entries.isEmpty)
    }

    /// Root mean square of the differences, relative to that of the expected.
    private func relativeError(_ found: [Float], _ expected: [Float]) -> Float {
        let error = zip(found, expected).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        return (error / expected.reduce(0) { $0 + $1 * $1 }).squareRoot()
    }
}
