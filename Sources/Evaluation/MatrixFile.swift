import Foundation
import Schema

/// An accuracy matrix written by anyone as CSV: a row for each update in order, a column for each slice in order.
///
///     update,slice 1,slice 2,slice 3
///     untrained,0.10,0.10,0.10
///     1,0.95,0.12,0.09
///     2,0.90,0.93,0.15
///     3,0.85,0.91,0.92
///
/// The heading row and the column of names may be missing. Under an empty heading, or in whole numbers that count up
/// under another one, the first column holds names, such as a data frame's index. An empty cell, `-` or `nan` is a value
/// that is not known.
/// Values are shares from 0 to 1, or percent where any is above 1. Two rows may stand among the updates under these
/// names: `untrained`, what the untrained model reaches, and `held out`, the number of examples of each slice.
/// In a square matrix, values above the diagonal are what was known before learning; forward transfer needs them.
public struct MatrixFile: Sendable, Hashable {
    public var versions: [String] = []
    public var slices: [String] = []
    /// `R[t,i]`; `nil` where the slice is newer or the value is not known.
    public var accuracy: [[Double?]] = []
    public var heldOut: [Int] = []
    public var untrained: [Double?] = []
    /// `R[i−1,i]`.
    public var beforeLearning: [Double?] = []

    public struct Fault: Error, Hashable, CustomStringConvertible {
        /// 1-based; 0 where the file as a whole is at fault.
        public var line: Int
        public var message: String
        public var description: String { line > 0 ? "line \(line): \(message)" : message }
    }

    /// - Throws: ``Fault`` that names line and cell, and what would be right.
    public init(csv text: String) throws(Fault) {
        var rows: [(line: Int, cells: [String])] = []
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (number, line) in lines.enumerated() {
            let cells = Self.cells(String(line))
            if cells.contains(where: { !$0.isEmpty }) { rows.append((number + 1, cells)) }
        }
        guard let first = rows.first else {
            throw Fault(line: 0, message: "no values; write a row for each update and a column for each slice")
        }
        let title = first.cells[0].lowercased()
        let isTitled = ["update", "version", "experience", "task", "step", "after"].contains(title)
        // A square matrix without names may count up by chance; with them it has a column more.
        let hasIndex = first.cells.count >= rows.count && Self.countsUp(rows.dropFirst().map { $0.cells[0] })
        let isWords =
            first.cells.allSatisfy { $0.isEmpty || Self.value($0) == nil }
            && first.cells.contains { Self.value($0) == nil }
        let isNumbered = title.isEmpty && hasIndex && Self.countsUp(Array(first.cells.dropFirst()))
        let isHeading = isTitled || isWords || isNumbered
        if isHeading { rows.removeFirst() }
        let isUnderHeading = isTitled || isHeading && (title.isEmpty || hasIndex)
        let isNamed = isUnderHeading || rows.contains { Self.value($0.cells[0]) == nil }
        for row in rows where row.cells.count != first.cells.count {
            throw Fault(
                line: row.line,
                message:
                    "\(row.cells.count) cells where line \(first.line) has \(first.cells.count); leave a cell empty where a value is not known"
            )
        }
        let names = isHeading ? Array(first.cells.dropFirst(isNamed ? 1 : 0)) : []
        let columns = first.cells.count - (isNamed ? 1 : 0)
        guard columns > 0 else { throw Fault(line: first.line, message: "no values beside the name") }
        slices = (0..<columns).map { names.indices.contains($0) && !names[$0].isEmpty ? names[$0] : "\($0 + 1)" }

        for row in rows {
            let name = isNamed ? row.cells[0] : "\(accuracy.count + 1)"
            let values = try Self.values(isNamed ? Array(row.cells.dropFirst()) : row.cells, line: row.line)
            switch name.lowercased() {
            case "held out", "held_out", "examples": heldOut = try Self.counts(values, line: row.line)
            case "untrained": untrained = values
            default:
                versions.append(name.isEmpty ? "\(versions.count + 1)" : name)
                accuracy.append(values)
            }
        }
        guard !accuracy.isEmpty else { throw Fault(line: 0, message: "no row of an update") }
        try scale()
        separateBeforeLearning()
    }

    /// The matrix with every metric it defines.
    public func report(task: TaskName) -> ForgettingReport {
        let slices = slices.indices.map { index in
            ForgettingReport.Slice(
                experience: index + 1, labels: [], holdout: heldOut.indices.contains(index) ? heldOut[index] : 1)
        }
        return ForgettingReport(task: task, slices: slices, versions: versions, accuracy: accuracy)
            .withMetrics(beforeLearning: beforeLearning, untrained: untrained)
    }

    private mutating func scale() throws(Fault) {
        let all = accuracy.joined().compactMap { $0 } + untrained.compactMap { $0 }
        guard let highest = all.max(), let lowest = all.min() else {
            throw Fault(line: 0, message: "every cell is empty")
        }
        guard lowest >= 0, highest <= 100 else {
            throw Fault(
                line: 0,
                message:
                    "\(lowest < 0 ? lowest : highest) is no accuracy; write shares from 0 to 1, or percent up to 100")
        }
        guard highest > 1 else { return }
        accuracy = accuracy.map { $0.map { $0.map { $0 / 100 } } }
        untrained = untrained.map { $0.map { $0 / 100 } }
    }

    private mutating func separateBeforeLearning() {
        guard accuracy.count == slices.count else { return }
        beforeLearning = slices.indices.map { $0 > 0 ? accuracy[$0 - 1][$0] : nil }
        for update in accuracy.indices {
            for slice in slices.indices where slice > update { accuracy[update][slice] = nil }
        }
    }

    private static func values(_ cells: [String], line: Int) throws(Fault) -> [Double?] {
        var values: [Double?] = []
        for cell in cells {
            guard let value = value(cell) else {
                throw Fault(line: line, message: "\"\(cell)\" is no number; leave the cell empty where it is not known")
            }
            values.append(value)
        }
        return values
    }

    /// Numbers of examples; 0 where one is not known.
    private static func counts(_ values: [Double?], line: Int) throws(Fault) -> [Int] {
        var counts: [Int] = []
        for value in values.map({ $0 ?? 0 }) {
            guard (0...0x1p31).contains(value), value == value.rounded() else {
                throw Fault(
                    line: line,
                    message: "\(value) is no number of examples; write a whole number from 0 to 2147483648")
            }
            counts.append(Int(value))
        }
        return counts
    }

    /// Whether these are two or more whole numbers, each greater by one than the one before.
    private static func countsUp(_ cells: [String]) -> Bool {
        let numbers = cells.compactMap { Int($0) }
        return cells.count >= 2 && numbers.count == cells.count
            && zip(numbers, numbers.dropFirst()).allSatisfy { $0 < .max && $0 + 1 == $1 }
    }

    /// `nil` for what is no number; a value of `nil` for what is not known.
    private static func value(_ cell: String) -> Double?? {
        if cell.isEmpty || ["-", "–", "·", "nan", "null"].contains(cell.lowercased()) { return .some(nil) }
        let number = cell.hasSuffix("%") ? cell.dropLast() : cell[...]
        guard let value = Double(number.trimmingCharacters(in: .whitespaces)), value.isFinite else { return nil }
        return value
    }

    private static func cells(_ line: String) -> [String] {
        line.split(separator: ",", omittingEmptySubsequences: false).map {
            var cell = $0.trimmingCharacters(in: .whitespaces)
            if cell.count >= 2, cell.hasPrefix("\""), cell.hasSuffix("\"") {
                cell = String(cell.dropFirst().dropLast())
            }
            return cell
        }
    }
}
