import Testing

import Tensors

/// Compares a tape's gradients with central differences.
///
/// A graph is built from random inputs and parameters; the random combination Σ seed·y of its result is
/// differentiated both ways. In float32 a step of 1e-2 balances rounding against curvature.
struct GradientCheck {
    var inputs: [(rows: Int, columns: Int)] = []
    var parameters: [(rows: Int, columns: Int)] = []
    /// Ranges the values are drawn from.
    var range: ClosedRange<Float> = -1...1
    var tolerance: Float = 4e-3

    typealias Graph = (Tape, [Variable], [Matrix]) -> Variable

    func callAsFunction(kernels: KernelSet, _ graph: Graph) {
        var random = RandomValues(seed: 11)
        var values = inputs.map { random.floats($0.rows * $0.columns, in: range) }
        let total = parameters.reduce(0) { $0 + $1.rows * $1.columns }
        let storage = FloatStorage(random.floats(total, in: range))
        let gradients = FloatStorage(count: total)
        let arena = Arena()

        func evaluate() -> (tape: Tape, variables: [Variable], result: Variable) {
            let tape = Tape(arena: arena, parameters: storage, gradients: gradients, kernels: kernels)
            let variables = zip(inputs, values).map {
                tape.input(rows: $0.rows, columns: $0.columns, values: $1, requiresGradient: true)
            }
            var offset = 0
            let matrices = parameters.map { shape in
                defer { offset += shape.rows * shape.columns }
                return Matrix(storage: storage, offset: offset, rows: shape.rows, columns: shape.columns)
            }
            return (tape, variables, graph(tape, variables, matrices))
        }

        let (tape, variables, result) = evaluate()
        let seed = random.floats(result.count)
        tape.backward(from: result, seed: seed)
        let found = variables.map(tape.readGradient)
        let foundForParameters = gradients[0..<total]

        func objective() -> Double {
            let (tape, _, result) = evaluate()
            return zip(tape.read(result), seed).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        }
        func slope(_ change: (Float) -> Void) -> Float {
            let step: Float = 1e-2
            change(step)
            let above = objective()
            change(-2 * step)
            let below = objective()
            change(step)
            return Float((above - below) / Double(2 * step))
        }
        for (input, shape) in inputs.enumerated() {
            let expected = (0..<shape.rows * shape.columns).map { element in
                slope { values[input][element] += $0 }
            }
            #expect(largestError(found[input], expected) < tolerance, "input \(input)")
        }
        let expected = (0..<total).map { element in
            slope { storage.write([storage[element..<element + 1][0] + $0], at: element) }
        }
        #expect(largestError(foundForParameters, expected) < tolerance, "parameters")
    }
}

extension KernelSet: CustomTestStringConvertible {
    public var testDescription: String { name }
}
