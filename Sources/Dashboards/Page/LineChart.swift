import Schema

/// Values in order as a line, with thresholds and marked moments.
struct LineChart {
    struct Threshold {
        var value: Double
        var name: String
    }

    /// A vertical line with a word at its top.
    struct Mark {
        /// On the axis of ``points``.
        var position: Double
        var name: String
        var isBad = false
    }

    var title: String
    /// (x, y); `nil` breaks the line.
    var points: [(x: Double, y: Double?)]
    /// Words under the axis, where they have room.
    var ticks: [(x: Double, name: String)]
    var thresholds: [Threshold] = []
    var marks: [Mark] = []
    /// Lowest and highest value drawn; from the values where there is none.
    var range: ClosedRange<Double>?
    /// First and last place on the axis; from points and marks where there is none.
    var domain: ClosedRange<Double>?
    var format: (Double) -> String
    /// A line from one corner to the other, for what should be equal.
    var hasDiagonal = false
    /// Parts the lines of the grid divide the range in.
    var gridParts = 4
    var width = 640.0
    var height = 220.0

    private let left = 52.0, right = 16.0, top = 26.0, bottom = 30.0

    init(
        title: String, points: [(x: Double, y: Double?)], ticks: [(x: Double, name: String)],
        format: @escaping (Double) -> String
    ) {
        self.title = title
        self.points = points
        self.ticks = ticks
        self.format = format
    }

    func svg() -> String {
        let values = points.compactMap(\.y).filter(\.isFinite) + thresholds.map(\.value)
        let yRange = range ?? Self.rounded(values)
        let xs = points.map(\.x) + marks.map(\.position)
        let xRange = domain ?? (xs.min() ?? 0)...max(xs.max() ?? 1, (xs.min() ?? 0) + 1e-9)
        let inner = (width: width - left - right, height: height - top - bottom)
        // A single value stands in the middle.
        let isSingle = points.count == 1 && marks.isEmpty && domain == nil
        func x(_ value: Double) -> Double {
            let share = (value - xRange.lowerBound) / (xRange.upperBound - xRange.lowerBound)
            return left + (isSingle ? 0.5 : share) * inner.width
        }
        func y(_ value: Double) -> Double {
            let span = yRange.upperBound - yRange.lowerBound
            let share = span > 0 ? (value - yRange.lowerBound) / span : 0.5
            return top + (1 - min(max(share, 0), 1)) * inner.height
        }

        var body = ""
        for step in 0...gridParts {
            let value = yRange.lowerBound + (yRange.upperBound - yRange.lowerBound) * Double(step) / Double(gridParts)
            body += Markup.line(left, y(value), width - right, y(value), style: "grid")
            body += Markup.text(format(value), x: left - 6, y: y(value) + 4, anchor: .end, style: "axis")
        }
        if hasDiagonal { body += Markup.line(left, top + inner.height, width - right, top, style: "reference") }
        body += axis(x)
        for threshold in thresholds {
            body += Markup.line(left, y(threshold.value), width - right, y(threshold.value), style: "threshold")
            body += Markup.text(
                threshold.name, x: width - right, y: y(threshold.value) - 4, anchor: .end, style: "threshold-name")
        }
        for mark in marks {
            let style = mark.isBad ? "mark bad" : "mark"
            body += Markup.line(x(mark.position), top - 4, x(mark.position), height - bottom, style: style)
        }
        body += markNames(x)
        body += lines(x, y)
        return Markup.drawing(width: width, height: height, label: title, body)
    }

    /// Names that would lie over the one before are left out; the table beneath has all.
    private func markNames(_ x: (Double) -> Double) -> String {
        var free = -Double.infinity
        return marks.sorted { $0.position < $1.position }.map { mark in
            let room = Double(mark.name.count) * 6.2
            let start = min(max(left, x(mark.position) - room / 2), width - right - room)
            guard start > free else { return "" }
            free = start + room + 4
            return Markup.text(mark.name, x: start, y: 14, style: mark.isBad ? "mark-name bad-text" : "mark-name")
        }.joined()
    }

    private func axis(_ x: (Double) -> Double) -> String {
        var free = -Double.infinity
        return ticks.map { tick in
            let room = Double(tick.name.count) * 6.8
            let centre = min(max(x(tick.x), room / 2), width - room / 2)
            guard centre - room / 2 > free else { return "" }
            free = centre + room / 2 + 6
            return Markup.text(tick.name, x: centre, y: height - 10, anchor: .middle, style: "axis")
        }.joined()
    }

    private func lines(_ x: (Double) -> Double, _ y: (Double) -> Double) -> String {
        var body = ""
        for part in points.split(whereSeparator: { $0.y == nil }) {
            let path = part.map { "\(Markup.number(x($0.x))),\(Markup.number(y($0.y ?? 0)))" }.joined(separator: " ")
            body += "<polyline class=\"line\" points=\"\(path)\"/>"
        }
        // Dots where they can be told apart.
        for point in points where points.count <= 60 {
            guard let value = point.y else { continue }
            let centre = "cx=\"\(Markup.number(x(point.x)))\" cy=\"\(Markup.number(y(value)))\""
            body += "<circle class=\"dot\" r=\"3\" \(centre)><title>\(Markup.escaped(format(value)))</title></circle>"
        }
        return body
    }

    /// From nought, or a round number under the values, to one above them.
    static func rounded(_ values: [Double]) -> ClosedRange<Double> {
        let low = min(values.min() ?? 0, 0)
        let high = max(values.max() ?? 1, low + 1e-6)
        var unit = 1e-9
        while unit * 10 < high - low { unit *= 10 }
        let step = [1, 2, 2.5, 5, 10].map { $0 * unit }.first { $0 * 4 >= high - low } ?? unit * 10
        return (low / step).rounded(.down) * step...max((high / step).rounded(.up), 1) * step
    }
}
