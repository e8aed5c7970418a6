import CKernels

/// What happened to some variables, so that it can be differentiated in reverse.
///
/// A tape belongs to one thread and lives for one step: making one takes back the arena's memory from the tape
/// before it. An operation is recorded only when one of its inputs requires a gradient, so nothing before the first
/// trainable parameter is ever differentiated, and a tape without trainable parameters records nothing.
///
/// A matrix is trainable when its storage is the tape's `parameters`; its gradient is added at the same place of
/// `gradients`. Every thread's tape has gradients of its own, to be summed afterwards.
public final class Tape {
    let arena: Arena
    let kernels: ck_kernels
    private let parameters: FloatStorage?
    private let gradients: FloatStorage?
    private let team: WorkerPool.Team?
    private let generation: Int
    private var nodes: [Node] = []
    private var records: [any Record] = []
    private var spareGradients: [(count: Int, base: UnsafeMutablePointer<Float>)] = []

    struct Node {
        let values: UnsafeMutablePointer<Float>
        var gradient: UnsafeMutablePointer<Float>?
        var requiresGradient: Bool
    }

    /// A tape for inference.
    public convenience init(arena: Arena) {
        self.init(arena: arena, parameters: nil, gradients: nil, kernels: .best)
    }

    /// A tape for inference whose larger operations all threads of a pool work on. It gives the same bits as a tape of
    /// one thread, sooner where there is too little to share out by sequences.
    public convenience init(team: WorkerPool.Team) {
        self.init(arena: team.arena, parameters: nil, gradients: nil, kernels: .best, team: team)
    }

    /// A tape that differentiates with respect to `parameters`, adding to `gradients`.
    public convenience init(arena: Arena, parameters: FloatStorage, gradients: FloatStorage) {
        self.init(arena: arena, parameters: parameters, gradients: gradients, kernels: .best)
    }

    package init(
        arena: Arena, parameters: FloatStorage?, gradients: FloatStorage?, kernels: KernelSet,
        team: WorkerPool.Team? = nil
    ) {
        precondition(
            parameters?.count == gradients?.count,
            "\(gradients?.count ?? 0) gradients do not belong to \(parameters?.count ?? 0) parameters")
        arena.reset()
        self.arena = arena
        self.kernels = kernels.table
        self.parameters = parameters
        self.gradients = gradients
        self.team = team
        generation = arena.generation
    }

    /// Number of recorded operations.
    public var recordCount: Int { records.count }

    /// A variable holding `values`, row by row.
    public func input(rows: Int, columns: Int, values: [Float], requiresGradient: Bool = false) -> Variable {
        precondition(
            values.count == rows * columns, "\(values.count) values do not make a [\(rows), \(columns)] variable")
        let variable = allocate(rows: rows, columns: columns, requiresGradient: requiresGradient)
        let target = self.values(variable)
        for (index, value) in values.enumerated() { target[index] = value }
        return variable
    }

    /// A copy of the variable's values, row by row.
    public func read(_ variable: Variable) -> [Float] {
        Array(UnsafeBufferPointer(start: values(variable), count: variable.count))
    }

    /// A copy of one row.
    public func read(_ variable: Variable, row: Int) -> [Float] { read(variable, rows: row..<row + 1) }

    /// A copy of some rows, row by row.
    public func read(_ variable: Variable, rows: Range<Int>) -> [Float] {
        precondition(
            rows.lowerBound >= 0 && rows.upperBound <= variable.rows,
            "rows \(rows) lie outside a variable of \(variable.rows) rows")
        let start = values(variable) + rows.lowerBound * variable.columns
        return Array(UnsafeBufferPointer(start: start, count: rows.count * variable.columns))
    }

    /// A copy of the gradient of an input after `backward`; zeros when nothing depended on it.
    public func readGradient(_ variable: Variable) -> [Float] {
        guard let gradient = gradient(variable) else { return Array(repeating: 0, count: variable.count) }
        return Array(UnsafeBufferPointer(start: gradient, count: variable.count))
    }

    /// Runs a part of a model whose intermediate values nobody needs afterwards; their memory is reused, unless the
    /// part is to be differentiated.
    public func scoped(_ body: () -> Variable) -> Variable {
        guard records.isEmpty else { return body() }
        let mark = arena.mark
        let nodeCount = nodes.count
        let inner = body()
        guard records.isEmpty else { return inner }
        let source = values(inner)
        arena.release(to: mark)
        nodes.removeSubrange(nodeCount...)
        let result = allocate(rows: inner.rows, columns: inner.columns)
        // The released memory is still intact, and may overlap its new place.
        values(result).update(from: source, count: inner.count)
        return result
    }

    /// Differentiates Σ seed·y with respect to everything recorded, and clears the record.
    ///
    /// - Parameter seed: as many values as y has, row by row.
    public func backward(from y: Variable, seed: [Float]) {
        precondition(seed.count == y.count, "a seed of \(seed.count) values does not fit \(y.count)")
        guard requiresGradient(y) else { return }
        let target = gradientTarget(y).base
        for (index, value) in seed.enumerated() { target[index] = value }
        while let record = records.popLast() {
            timed(record.operation, isBackward: true, record.backwardCost) { record.backward(self) }
        }
    }
}

/// One recorded operation: what its backward pass needs.
protocol Record {
    func backward(_ tape: Tape)
    var operation: Operation { get }
    var backwardCost: OperationCost { get }
}

// MARK: - For operations

extension Tape {
    func allocate(rows: Int, columns: Int, requiresGradient: Bool = false) -> Variable {
        precondition(generation == arena.generation, "a newer tape has taken this tape's memory")
        nodes.append(
            Node(values: arena.allocate(rows * columns), gradient: nil, requiresGradient: requiresGradient))
        return Variable(index: nodes.count - 1, rows: rows, columns: columns)
    }

    func record(_ record: any Record) { records.append(record) }

    func values(_ variable: Variable) -> UnsafeMutablePointer<Float> {
        precondition(generation == arena.generation, "a newer tape has taken this tape's memory")
        return nodes[variable.index].values
    }

    func requiresGradient(_ variable: Variable) -> Bool { nodes[variable.index].requiresGradient }

    /// For operations that add in place to a variable that required none so far.
    func requireGradient(_ variable: Variable) { nodes[variable.index].requiresGradient = true }

    /// What has flowed back to the variable; `nil` when nothing has.
    func gradient(_ variable: Variable) -> UnsafeMutablePointer<Float>? { nodes[variable.index].gradient }

    /// Where to put a gradient, and whether there already is one to add to.
    func gradientTarget(_ variable: Variable) -> (base: UnsafeMutablePointer<Float>, accumulate: Bool) {
        if let gradient = nodes[variable.index].gradient { return (gradient, true) }
        let base: UnsafeMutablePointer<Float>
        if let spare = spareGradients.lastIndex(where: { $0.count == variable.count }) {
            base = spareGradients.remove(at: spare).base
        } else {
            base = arena.allocate(variable.count)
        }
        nodes[variable.index].gradient = base
        return (base, false)
    }

    /// Called by the operation that made the variable, once it has passed the gradient on: its memory, still warm,
    /// serves the next one.
    func releaseGradient(_ variable: Variable) {
        guard let base = nodes[variable.index].gradient else { return }
        nodes[variable.index].gradient = nil
        spareGradients.append((variable.count, base))
    }

    func isTrainable(_ matrix: Matrix) -> Bool { parameters === matrix.storage }

    /// Where the gradient of a trainable matrix is added; `nil` for a frozen one.
    func gradient(_ matrix: Matrix) -> UnsafeMutablePointer<Float>? {
        guard let gradients, isTrainable(matrix) else { return nil }
        return gradients.base + matrix.offset
    }

    /// Threads that work on an operation.
    var shareCount: Int { team?.count ?? 1 }

    /// Runs `body` on parts of `0..<count`, one for each thread of the team; on all of it without a team.
    func forEachShare(of count: Int, _ body: @Sendable (_ share: Int, _ part: Range<Int>) -> Void) {
        if let team, count > 1 { team.forEachShare(of: count, body) } else { body(0, 0..<count) }
    }

    /// Short-lived memory of the operation at work.
    func withScratch(_ count: Int, _ body: (UnsafeMutablePointer<Float>) -> Void) {
        let mark = arena.mark
        body(arena.allocate(count))
        arena.release(to: mark)
    }
}
