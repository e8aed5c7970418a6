import Glibc

extension Tape {
    /// −Σ log softmax(logits)[label] / divisor, `[1, 1]`. Logits are `[B, labels]`.
    ///
    /// - Parameter divisor: the size of the whole batch, also where this tape holds only a share of it, so that the
    ///   shares' losses and gradients add up to the batch's mean.
    public func crossEntropy(_ logits: Variable, labels: [Int], divisor: Int) -> Variable {
        precondition(labels.count == logits.rows, "\(labels.count) labels do not fit \(logits.rows) rows of logits")
        precondition(
            labels.allSatisfy { 0..<logits.columns ~= $0 },
            "labels must lie in 0..<\(logits.columns), the columns of the logits")
        let recording = requiresGradient(logits)
        let loss = allocate(rows: 1, columns: 1, requiresGradient: recording)
        let probabilities = arena.allocate(logits.count)
        let sum = timed(.loss, .streaming(2 * logits.count, operations: 4 * logits.count)) {
            probabilities.update(from: values(logits), count: logits.count)
            kernels.softmax(logits.rows, logits.columns, logits.columns, 1, probabilities)
            return labels.enumerated().reduce(0.0) { sum, item in
                let row = values(logits) + item.offset * logits.columns
                return sum + logSumExp(row, count: logits.columns) - Double(row[item.element])
            }
        }
        values(loss)[0] = Float(sum / Double(divisor))
        if recording {
            record(
                CrossEntropyRecord(
                    logits: logits, loss: loss, labels: labels, divisor: divisor, probabilities: probabilities))
        }
        return loss
    }
}

/// From the logits themselves: the logarithm of a probability that was rounded to zero would be infinite.
private func logSumExp(_ values: UnsafePointer<Float>, count: Int) -> Double {
    var maximum = values[0]
    for index in 0..<count where !(values[index] <= maximum) { maximum = values[index] }
    var sum = 0.0
    for index in 0..<count { sum += Double(exp(values[index] - maximum)) }
    return log(sum) + Double(maximum)
}

private struct CrossEntropyRecord: Record {
    let logits: Variable
    let loss: Variable
    let labels: [Int]
    let divisor: Int
    let probabilities: UnsafeMutablePointer<Float>

    var operation: Operation { .loss }
    var backwardCost: OperationCost { .streaming(2 * logits.count, operations: 2 * logits.count) }

    func backward(_ tape: Tape) {
        guard let dLoss = tape.gradient(loss) else { return }
        let scale = dLoss[0] / Float(divisor)
        let target = tape.zeroedGradientTarget(logits)
        tape.kernels.add_scaled(logits.count, scale, probabilities, target)
        for (row, label) in labels.enumerated() { target[row * logits.columns + label] -= scale }
        tape.releaseGradient(loss)
    }
}
