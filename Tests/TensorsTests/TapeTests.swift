import Foundation
import Testing

import Tensors

@Suite("Tape")
struct TapeTests {
    private let arena = Arena()

    @Test("cross-entropy of equal logits is the logarithm of their number")
    func crossEntropyByHand() {
        let tape = Tape(arena: arena)
        let logits = tape.input(rows: 2, columns: 4, values: [3, 3, 3, 3, -1, -1, -1, -1])
        let loss = tape.read(tape.crossEntropy(logits, labels: [0, 3], divisor: 2))
        #expect(abs(loss[0] - 1.3862944) < 1e-6)
    }

    @Test("cross-entropy stays finite where the label's probability rounds to zero")
    func crossEntropyExtreme() {
        let tape = Tape(arena: arena)
        let logits = tape.input(rows: 1, columns: 2, values: [500, -500])
        #expect(tape.read(tape.crossEntropy(logits, labels: [1], divisor: 1)) == [1_000])
    }

    @Test("cross-entropy shows a NaN")
    func crossEntropyNaN() {
        let tape = Tape(arena: arena)
        let logits = tape.input(rows: 1, columns: 3, values: [0, .nan, 1])
        #expect(tape.read(tape.crossEntropy(logits, labels: [0], divisor: 1))[0].isNaN)
    }

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
}
