import Adapters
import Foundation
import Schema
import Tensors
import Testing

/// An analytic head against ridge regression solved the plain way.
struct AnalyticTests {
    static let width = 48
    static let features = 6
    static let ridge = 0.5
    static let fit = AnalyticFit(.ridge, strength: ridge)

    /// Examples around one centre a label, of length 1.
    static func rows(_ count: Int, labels: Int = 3, seed: UInt64 = 1) -> [AnalyticSums.Row] {
        var generator = SeededGenerator(seed: seed, stream: 9)
        let centres = (0..<labels).map { _ in (0..<features).map { _ in generator.nextSymmetric(1) } }
        return (0..<count).map { index in
            let label = index % labels
            let point = centres[label].map { $0 + 0.3 * generator.nextSymmetric(1) }
            let length = point.reduce(0) { $0 + $1 * $1 }.squareRoot()
            return AnalyticSums.Row(features: point.map { $0 / length }, label: "label \(label)")
        }
    }

    /// Gauss elimination in float64 on (ZᵀZ + λI)·w = Zᵀy, one label at a time.
    static func plainScores(_ rows: [AnalyticSums.Row], labels: [String], queries: [[Float]]) throws -> [[Double]] {
        let projection = RandomProjection(width: width, features: features)
        func projected(_ values: [[Float]]) -> [[Double]] {
            let flat = projection.project(values).values.map(Double.init)
            return values.indices.map { Array(flat[$0 * width..<($0 + 1) * width]) }
        }
        let z = projected(rows.map(\.features))
        let weights = labels.map { label in
            var system = [[Double]](repeating: [Double](repeating: 0, count: width + 1), count: width)
            for i in 0..<width {
                for j in 0..<width {
                    for row in z { system[i][j] += row[i] * row[j] }
                }
                system[i][i] += ridge
                for (row, example) in zip(z, rows) where example.label == label { system[i][width] += row[i] }
            }
            for pivot in 0..<width {
                let row = (pivot..<width).max { abs(system[$0][pivot]) < abs(system[$1][pivot]) } ?? pivot
                system.swapAt(pivot, row)
                for other in 0..<width where other != pivot {
                    let factor = system[other][pivot] / system[pivot][pivot]
                    for column in pivot...width { system[other][column] -= factor * system[pivot][column] }
                }
            }
            return (0..<width).map { system[$0][width] / system[$0][$0] }
        }
        return projected(queries).map { query in
            weights.map { weight in
                var sum = 0.0
                for (a, b) in zip(query, weight) { sum += a * b }
                return sum
            }
        }
    }

    static func difference(_ a: [[Float]], _ b: [[Double]]) -> Double {
        var largest = 0.0
        for (x, y) in zip(a.joined(), b.joined()) { largest = max(largest, abs(Double(x) - y)) }
        return largest
    }

    static func difference(_ a: [[Float]], _ b: [[Float]]) -> Double { difference(a, b.map { $0.map(Double.init) }) }

    @Test func `sums solve the same system as plain elimination`() throws {
        let rows = Self.rows(120)
        let queries = Self.rows(9, seed: 2).map(\.features)
        let sums = try AnalyticSums(width: Self.width, features: Self.features).adding(rows)
        let plain = try Self.plainScores(rows, labels: sums.labels, queries: queries)
        #expect(sums.labels == ["label 0", "label 1", "label 2"])
        #expect(sums.counts == [40, 40, 40])
        #expect(Self.difference(try sums.head(Self.fit).scores(queries), plain) < 1e-4)
    }

    @Test func `the order of examples and of batches leaves no trace`() throws {
        let rows = Self.rows(300)
        let queries = Self.rows(9, seed: 2).map(\.features)
        let empty = try AnalyticSums(width: Self.width, features: Self.features)
        let once = try empty.adding(rows).head(Self.fit)
        let twice = try empty.adding(Array(rows[150...].reversed())).adding(Array(rows[..<150])).head(Self.fit)
        let order = once.labels.map { twice.labels.firstIndex(of: $0) ?? 0 }
        let reordered = twice.scores(queries).map { scores in order.map { scores[$0] } }
        #expect(Self.difference(once.scores(queries), reordered) < 1e-4)
    }

    @Test func `examples come and go while what they put off waits`() throws {
        let rows = Self.rows(200)
        let queries = Self.rows(9, seed: 2).map(\.features)
        let sums = try AnalyticSums(width: Self.width, features: Self.features).adding(Array(rows[..<100]))
        let solver = try sums.solver(Self.fit)
        for start in stride(from: 100, to: 200, by: 10) {
            try solver.add(Array(rows[start..<start + 10]))
            try solver.remove(Array(rows[start..<start + 5]))
        }
        let kept = (100..<200).filter { $0 % 10 >= 5 }.map { rows[$0] }
        let anew = try sums.adding(kept).head(Self.fit)
        #expect(solver.counts.reduce(0, +) == 150)
        #expect(Self.difference(solver.head.scores(queries), anew.scores(queries)) < 1e-3)
    }

    @Test(arguments: [1, 7, 64, 100])
    func `learning one by one or a few at once comes to what solving anew gives`(part: Int) throws {
        let rows = Self.rows(200)
        let queries = Self.rows(9, seed: 2).map(\.features)
        let sums = try AnalyticSums(width: Self.width, features: Self.features).adding(Array(rows[..<100]))
        let solver = try sums.solver(Self.fit)
        for start in stride(from: 100, to: 200, by: part) {
            try solver.add(Array(rows[start..<min(start + part, 200)]))
            let scores = solver.head.scores(queries)
            if start % 3 == 0 { solver.settle() }
            #expect(solver.head.scores(queries) == scores, "what was put off is in no answer")
        }
        let anew = try sums.adding(Array(rows[100...])).head(Self.fit)
        #expect(solver.head.counts == anew.counts)
        #expect(Self.difference(solver.head.scores(queries), anew.scores(queries)) < 1e-3)
    }

    @Test func `a label's first example is answered with it`() throws {
        let rows = Self.rows(60)
        let solver = try AnalyticSums(width: Self.width, features: Self.features).adding(rows).solver(Self.fit)
        let new = AnalyticSums.Row(features: [0, 0, 0, 0, 0.6, -0.8], label: "new")
        try solver.add([new])
        let head = solver.head
        let top = topLabels(head.scores([new.features])[0], count: 1)
        #expect(head.labels[top[0].index] == "new")
        #expect(head.counts == [20, 20, 20, 1])
    }

    @Test(arguments: [fit, AnalyticFit(.lda, strength: 1e-2)])
    func `newcomers are favoured, and labels that come later join them`(fit: AnalyticFit) throws {
        let rows = Self.rows(90)
        let queries = Self.rows(9, seed: 2).map(\.features)
        let plain = try AnalyticSums(width: Self.width, features: Self.features).adding(rows)
        let favouring = plain.favouring(Newcomers(["label 2"], advantage: 0.25))
        func given(_ head: AnalyticHead, above other: AnalyticHead) -> [Float] {
            zip(head.scores(queries), other.scores(queries)).map { zip($0, $1).map { $0 - $1 } }.reduce([0, 0, 0, 0]) {
                zip($0, $1).map { $0 + $1 / Float(queries.count) }
            }
        }
        let settled = try given(favouring.head(fit), above: plain.head(fit))
        #expect(zip(settled, [0, 0, 0.25]).allSatisfy { abs($0 - $1) < 1e-5 }, "\(settled)")

        let new = AnalyticSums.Row(features: [0, 0, 0, 0, 0.6, -0.8], label: "new")
        let (solver, unfavouring) = (try favouring.solver(fit), try plain.solver(fit))
        try solver.add([new])
        try unfavouring.add([new])
        let added = given(solver.head, above: unfavouring.head)
        #expect(zip(added, [0, 0, 0.25, 0.25]).allSatisfy { abs($0 - $1) < 1e-5 }, "\(added)")

        try solver.remove([new])
        let removed = given(solver.head, above: try plain.adding([new]).removing([new]).head(fit))
        #expect(abs(removed[3]) < 1e-3, "a label without examples was favoured: \(removed)")
    }

    @Test func `a relabelled text counts for its new label only`() throws {
        let rows = Self.rows(60)
        var corrected = rows
        corrected[4].label = "label 2"
        let queries = Self.rows(9, seed: 2).map(\.features)
        let empty = try AnalyticSums(width: Self.width, features: Self.features)
        let wanted = try empty.adding(corrected).head(Self.fit)
        let move = AnalyticSums.Row(features: rows[4].features, label: "label 2", replaced: rows[4].label)
        let sums = empty.adding(rows)
        let moved = try sums.adding([move]).head(Self.fit)
        let solver = try sums.solver(Self.fit)
        try solver.add([move])
        #expect(moved.counts == [20, 19, 21])
        #expect(solver.head.counts == [20, 19, 21])
        #expect(Self.difference(moved.scores(queries), wanted.scores(queries)) < 1e-4)
        #expect(Self.difference(solver.head.scores(queries), wanted.scores(queries)) < 1e-3)
    }

    @Test func `what is taken out again leaves no trace`() throws {
        let rows = Self.rows(90)
        let queries = Self.rows(9, seed: 2).map(\.features)
        let empty = try AnalyticSums(width: Self.width, features: Self.features)
        let sums = empty.adding(Array(rows[..<60]))
        let solver = try sums.solver(Self.fit)
        let move = AnalyticSums.Row(features: rows[4].features, label: "label 2", replaced: rows[4].label)
        try solver.add(Array(rows[60...]) + [move])
        try solver.remove(Array(rows[60...]) + [move])
        #expect(solver.counts == sums.counts)
        let wanted = try sums.head(Self.fit).scores(queries)
        #expect(Self.difference(solver.head.scores(queries), wanted) < 1e-3)
    }

    @Test func `what replaced a label that nobody knows is taken out as it came in`() throws {
        let rows = Self.rows(60)
        let queries = Self.rows(9, seed: 2).map(\.features)
        let sums = try AnalyticSums(width: Self.width, features: Self.features).adding(rows)
        let solver = try sums.solver(Self.fit)
        let before = solver.head.scores(queries)
        var row = Self.rows(1, seed: 3)[0]
        row.replaced = "unknown"
        try solver.add([row])
        #expect(solver.counts == [21, 20, 20])
        try solver.remove([row])
        #expect(solver.counts == sums.counts)
        #expect(Self.difference(solver.head.scores(queries), before) < 1e-3)
        #expect(sums.adding([row]).removing([row]).counts == sums.counts)
    }

    @Test func `labels that come together are known in the order of their first examples`() throws {
        let rows = (0..<3).flatMap { _ in [4, 2, 7, 2, 0] }.enumerated().map { index, label in
            AnalyticSums.Row(features: Self.rows(20, seed: 4)[index].features, label: "\(label)")
        }
        let empty = try AnalyticSums(width: Self.width, features: Self.features)
        let sums = empty.adding(rows)
        #expect(sums.labels == ["4", "2", "7", "0"] && sums.counts == [3, 6, 3, 3])
        let solver = try empty.adding(Array(rows[..<2])).solver(Self.fit)
        try solver.add(Array(rows[2...]))
        #expect(solver.labels == sums.labels && solver.counts == sums.counts)
        let queries = Self.rows(9, seed: 2).map(\.features)
        let wanted = try sums.head(Self.fit).scores(queries)
        #expect(Self.difference(solver.head.scores(queries), wanted) < 1e-3)
    }

    @Test func `a head that begins empty learns its first labels`() throws {
        let solver = try AnalyticSums(width: Self.width, features: Self.features).solver(Self.fit)
        let rows = Self.rows(6)
        try solver.add(rows)
        let wanted = try AnalyticSums(width: Self.width, features: Self.features).adding(rows).head(Self.fit)
        let queries = rows.map(\.features)
        #expect(Self.difference(solver.head.scores(queries), wanted.scores(queries)) < 1e-3)
    }

    @Test func `labels of few examples are weighed up by the mean count over theirs`() throws {
        let rows = Self.rows(60).filter { $0.label != "label 1" } + [Self.rows(2)[1]]
        let queries = Self.rows(9, seed: 2).map(\.features)
        let sums = try AnalyticSums(width: Self.width, features: Self.features).adding(rows)
        #expect(sums.counts == [20, 20, 1])
        let scales = sums.counts.map { pow(41.0 / 3 / Double($0), AnalyticHead.balance) }
        let plain = try Self.plainScores(rows, labels: sums.labels, queries: queries)
        let expected = plain.map { zip($0, scales).map { $0 * $1 } }
        #expect(Self.difference(try sums.head(Self.fit).scores(queries), expected) < 1e-3)
    }

    @Test func `a narrower projection is the first rows of a wider one, whichever was drawn first`() {
        let points = Self.rows(4, seed: 5).map { $0.features + [0.5] }
        let columns = { (width: Int) -> [[Float]] in
            let values = RandomProjection(width: width, features: Self.features + 1).project(points).values
            return points.indices.map { Array(values[$0 * width..<$0 * width + 8]) }
        }
        let narrow = columns(8)
        #expect(columns(40) == narrow)
        #expect(columns(8) == narrow)
        #expect(Set(narrow.joined()).count > 8)
    }

    @Test func `narrowed sums are those of a narrower projection`() throws {
        let rows = Self.rows(60)
        let queries = Self.rows(9, seed: 2).map(\.features)
        let wide = try AnalyticSums(width: Self.width, features: Self.features).adding(rows)
        let narrow = try AnalyticSums(width: 20, features: Self.features).adding(rows)
        let found = try wide.narrowed(to: 20).head(Self.fit)
        #expect(found.projection.width == 20)
        #expect(Self.difference(found.scores(queries), try narrow.head(Self.fit).scores(queries)) < 1e-4)
    }

    @Test func `adding leaves the sums it started from as they were`() throws {
        let first = try AnalyticSums(width: Self.width, features: Self.features).adding(Self.rows(30))
        let head = try first.head(Self.fit)
        let before = try first.encoded(base: "sha256:0", head: head)
        _ = first.adding(Self.rows(30, seed: 3))
        #expect(try first.encoded(base: "sha256:0", head: head) == before)
    }

    @Test func `a file brings the same sums back, and tells another base apart`() throws {
        let sums = try AnalyticSums(width: Self.width, features: Self.features).adding(Self.rows(40))
            .favouring(Newcomers(["label 1"], advantage: 0.09))
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: file) }
        let head = try sums.head(Self.fit)
        let bytes = try sums.encoded(base: "sha256:0", head: head)
        try bytes.write(to: file)
        let read = try AnalyticSums(contentsOf: file, base: "sha256:0")
        #expect(read.labels == sums.labels)
        #expect(!read.isAdapted)
        #expect(read.newcomers == sums.newcomers)
        #expect(try read.encoded(base: "sha256:0", head: head) == bytes)
        let query = Self.rows(1, seed: 2).map(\.features)
        #expect(try AnalyticHead(contentsOf: file, base: "sha256:0").scores(query) == head.scores(query))
        #expect(throws: AdapterError.baseMismatch(expected: "sha256:0", actual: "sha256:1")) {
            try AnalyticSums(contentsOf: file, base: "sha256:1")
        }
        try Data("{}".utf8).write(to: file)
        #expect(throws: TensorError.self) { try AnalyticSums(contentsOf: file, base: "sha256:0") }
    }

    @Test func `a changed byte of a file is noticed by whoever reads it`() throws {
        let sums = try AnalyticSums(width: Self.width, features: Self.features).adding(Self.rows(40))
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: file) }
        var bytes = try sums.encoded(base: "sha256:0", head: sums.head(Self.fit))
        let digest = ContentDigest(of: bytes).description
        try bytes.write(to: file)
        #expect(try AnalyticSums(contentsOf: file, digest: digest, base: "sha256:0").labels == sums.labels)
        bytes[bytes.count - 1] ^= 1
        try bytes.write(to: file)
        let error = AdapterError.damagedFile(
            path: file.path, expected: digest, actual: ContentDigest(of: bytes).description)
        #expect(throws: error) { try AnalyticSums(contentsOf: file, digest: digest, base: "sha256:0") }
        // The head has a digest of its own, so that the sums need not be read for it.
        #expect(throws: AdapterError.self) { try AnalyticHead(contentsOf: file, base: "sha256:0") }
        #expect(throws: error) {
            try AnalyticSums.newcomers(contentsOf: file, digest: digest, base: "sha256:0", among: [])
        }
    }

    @Test func `sums without a ridge of less rows than columns cannot be solved, and say so`() throws {
        let sums = try AnalyticSums(width: Self.width, features: Self.features).adding(Self.rows(1))
        #expect(throws: TensorError.self) { try sums.head(AnalyticFit(.ridge, strength: 0)) }
    }
}

/// Discriminant analysis against its formulas worked out the plain way.
struct DiscriminantTests {
    static let fit = AnalyticFit(.lda, strength: 0.05)

    /// μ, Λ by Gauss-Jordan elimination, and scores Λμ·f − ½μᵀΛμ, in float64.
    static func plainScores(_ rows: [AnalyticSums.Row], labels: [String], queries: [[Float]]) -> [[Double]] {
        let width = AnalyticTests.features
        let means = labels.map { label in
            let points = rows.filter { $0.label == label }.map(\.features)
            return (0..<width).map { i in points.reduce(0.0) { $0 + Double($1[i]) } / Double(points.count) }
        }
        var system = (0..<width).map { i in (0..<2 * width).map { $0 - width == i ? 1.0 : 0.0 } }
        for row in rows {
            let mean = means[labels.firstIndex(of: row.label) ?? 0]
            let away = (0..<width).map { Double(row.features[$0]) - mean[$0] }
            for i in 0..<width {
                for j in 0..<width { system[i][j] += (1 - fit.strength) * away[i] * away[j] / Double(rows.count) }
            }
        }
        for i in 0..<width { system[i][i] += fit.strength }
        for pivot in 0..<width {
            let scale = system[pivot][pivot]
            for column in 0..<2 * width { system[pivot][column] /= scale }
            for other in 0..<width where other != pivot {
                let factor = system[other][pivot]
                for column in 0..<2 * width { system[other][column] -= factor * system[pivot][column] }
            }
        }
        return queries.map { query in
            means.map { mean in
                let weight = (0..<width).map { i in (0..<width).reduce(0.0) { $0 + system[i][width + $1] * mean[$1] } }
                return (0..<width).reduce(0.0) { $0 + weight[$1] * (Double(query[$1]) - 0.5 * mean[$1]) }
            }
        }
    }

    static func sums(_ rows: [AnalyticSums.Row]) throws -> AnalyticSums {
        try AnalyticSums(width: 0, features: AnalyticTests.features).adding(rows)
    }

    @Test func `scores are those of the formulas, up to one factor`() throws {
        let rows = AnalyticTests.rows(120)
        let queries = AnalyticTests.rows(9, seed: 2).map(\.features)
        let sums = try Self.sums(rows)
        let scores = try sums.head(Self.fit).scores(queries)
        let plain = Self.plainScores(rows, labels: sums.labels, queries: queries)
        // Both are linear in the same unknown factor, which the first score gives.
        let factor = Double(scores[0][0]) / plain[0][0]
        #expect(factor > 0)
        #expect(AnalyticTests.difference(scores, plain.map { $0.map { $0 * factor } }) < 1e-4)
    }

    @Test func `examples come and go one by one and leave no trace`() throws {
        let rows = AnalyticTests.rows(90)
        let queries = AnalyticTests.rows(9, seed: 2).map(\.features)
        let solver = try Self.sums(Array(rows[..<60])).solver(Self.fit)
        for row in rows[60...] { try solver.add([row]) }
        #expect(solver.count == 90)
        let all = try Self.sums(rows).head(Self.fit).scores(queries)
        #expect(AnalyticTests.difference(solver.head.scores(queries), all) < 1e-3)
        let move = AnalyticSums.Row(features: rows[4].features, label: "label 2", replaced: rows[4].label)
        try solver.add([move])
        #expect(solver.counts == [30, 29, 31])
        try solver.remove([move] + rows[60...])
        let first = try Self.sums(Array(rows[..<60])).head(Self.fit).scores(queries)
        #expect(AnalyticTests.difference(solver.head.scores(queries), first) < 1e-3)
    }

    @Test func `a head that begins empty answers its first label, and never one without examples`() throws {
        let solver = try Self.sums([]).solver(Self.fit)
        let rows = AnalyticTests.rows(3)
        try solver.add(rows)
        #expect(topLabels(solver.head.scores([rows[1].features])[0], count: 1)[0].index == 1)
        try solver.remove([rows[1]])
        #expect(topLabels(solver.head.scores([rows[1].features])[0], count: 3).map(\.index).last == 1)
    }

    @Test func `a file brings biases back`() throws {
        let sums = try Self.sums(AnalyticTests.rows(40))
        let head = try sums.head(Self.fit)
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: file) }
        try sums.encoded(base: "sha256:0", head: head).write(to: file)
        let query = AnalyticTests.rows(3, seed: 2).map(\.features)
        let read = try AnalyticHead(contentsOf: file, base: "sha256:0")
        #expect(read.kind == .lda)
        #expect(read.scores(query) == head.scores(query))
        let anew = try AnalyticSums(contentsOf: file, base: "sha256:0").head(Self.fit)
        #expect(anew.scores(query) == head.scores(query))
    }
}

struct BlendTests {
    /// Logits that put `share` on the target and the rest on the next label.
    static func logits(_ target: Int, right: Bool, strength: Float) -> [Float] {
        var logits: [Float] = [0, 0, 0]
        logits[right ? target : (target + 1) % 3] = strength
        return logits
    }

    @Test func `a head that is always right decides alone over one that guesses`() {
        let targets = (0..<60).map { $0 % 3 }
        let good = targets.map { Self.logits($0, right: true, strength: 2) }
        let bad = targets.enumerated().map { Self.logits($1, right: $0 % 3 == 0, strength: 2) }
        let byAnalytic = Blend.calibrated(adapter: bad, analytic: good, targets: targets)
        #expect(byAnalytic.analytic > byAnalytic.adapter)
        let byAdapter = Blend.calibrated(adapter: good, analytic: bad, targets: targets)
        #expect(byAdapter.adapter > byAdapter.analytic)
    }

    @Test func `heads that err apart answer more together`() {
        let targets = (0..<90).map { $0 % 3 }
        // Each is sure when right and hesitates when wrong, on different examples.
        let one = targets.enumerated().map { Self.logits($1, right: $0 % 5 != 0, strength: $0 % 5 != 0 ? 3 : 1) }
        let other = targets.enumerated().map { Self.logits($1, right: $0 % 5 != 1, strength: $0 % 5 != 1 ? 3 : 1) }
        let blend = Blend.calibrated(adapter: one, analytic: other, targets: targets)
        #expect(blend.head == .blend)
        let correct = targets.indices.count { index in
            let logits = zip(one[index], other[index]).map { Float(blend.adapter) * $0 + Float(blend.analytic) * $1 }
            return topLabels(logits, count: 1)[0].index == targets[index]
        }
        #expect(correct == 90)
    }

    @Test func `held-out answers that are all right leave room for doubt`() {
        let targets = (0..<27).map { $0 % 3 }
        let scores = targets.map { target in (0..<3).map { $0 == target ? Float(0.8) : 0.1 } }
        let blend = Blend.calibrated(adapter: scores, analytic: scores, targets: targets)
        for (target, score) in zip(targets, scores) {
            let logits = score.map { Float(blend.adapter + blend.analytic) * $0 }
            let alone = score.map { Float(blend.alone) * $0 }
            for found in [probabilities(logits)[target], probabilities(alone)[target]] {
                #expect(found > 0.95 && found < 0.99)
            }
        }
    }

    @Test func `too few held-out examples leave the weights as they are`() {
        #expect(Blend.calibrated(adapter: [[1, 0]], analytic: [[0, 1]], targets: [0]) == .uncalibrated)
    }
}

struct HeadPairTests {
    private func head(isAdapted: Bool = false) throws -> AnalyticHead {
        try AnalyticSums(width: AnalyticTests.width, features: AnalyticTests.features, isAdapted: isAdapted)
            .adding(AnalyticTests.rows(30)).head(AnalyticTests.fit)
    }

    @Test(arguments: [Blend.adapterAlone, .analyticAlone, .uncalibrated])
    func `sums of the adapter's own features take one pass, whichever head decides and whatever is new`(
        blend: Blend
    ) throws {
        let head = try head(isAdapted: true)
        for known in [["label 0", "label 1", "label 2"], ["label 1"]] {
            let pair = HeadPair(adapter: known, analytic: head, blend: blend)
            #expect(pair.passesAdapter && !pair.passesBase)
        }
    }

    @Test func `a label that the adapter does not know is the analytic head's alone`() throws {
        let head = try head()
        let pair = HeadPair(
            adapter: ["label 1", "label 0"], analytic: head, blend: Blend(adapter: 1, analytic: 0, alone: 2))
        #expect(pair.labels == ["label 1", "label 0", "label 2"])
        #expect(pair.needsAdapter && pair.needsAnalytic)
        let scores: [Float] = [0.5, 0.1, 0.9]
        let given = pair.probabilities(adapter: [3, 1], analytic: scores)
        let alone = probabilities(scores.map { 2 * $0 })
        let known = probabilities([3, 1])
        #expect(abs(given.reduce(0, +) - 1) < 1e-5)
        #expect(abs(given[2] - alone[2]) < 1e-6)
        #expect(abs(given[0] - known[0] * (1 - alone[2])) < 1e-6)
        #expect([0, 1, 2].map(pair.head) == [.adapter, .adapter, .analytic])
    }

    @Test func `a label that the adapter knows by name alone is the analytic head's once that has an example of it`()
        throws
    {
        let blend = Blend(adapter: 1, analytic: 1, alone: 2)
        let names = ["label 1", "label 7", "label 0"]
        let pair = HeadPair(adapter: names, analytic: try head(), blend: blend, unlearned: ["label 0", "label 7"])
        // Nobody has an example of label 7: it stays where it was.
        #expect(pair.labels == ["label 1", "label 7", "label 0", "label 2"])
        let scores: [Float] = [0.9, 0.1, 0.2]
        let given = pair.probabilities(adapter: [3, -1, 8], analytic: scores)
        let alone = probabilities([0.1, -.greatestFiniteMagnitude / 2, 0.9, 0.2].map { 2 * $0 })
        let known = probabilities([3.1, -1])
        #expect(abs(given.reduce(0, +) - 1) < 1e-5)
        #expect(abs(given[2] - alone[2]) < 1e-6 && abs(given[3] - alone[3]) < 1e-6)
        #expect(abs(given[0] - known[0] * (1 - alone[2] - alone[3])) < 1e-6)
        #expect([0, 1, 2, 3].map(pair.head) == [.blend, .blend, .analytic, .analytic])
    }

    @Test func `the blend weighs both heads label by label, in the adapter's order`() throws {
        let pair = HeadPair(
            adapter: ["label 2", "label 0", "label 1"], analytic: try head(), blend: Blend(adapter: 2, analytic: 10))
        #expect(!pair.hasNewLabels)
        #expect(pair.logits(adapter: [1, 2, 3], analytic: [0.5, 0.25, 0.125]) == [3.25, 9, 8.5])
        #expect(pair.head(of: 0) == .blend)
    }

    @Test func `one head alone needs nothing of the other`() throws {
        let adapter = HeadPair(adapter: ["a"], analytic: nil, blend: .uncalibrated)
        #expect(adapter.needsAdapter && !adapter.needsAnalytic)
        #expect(adapter.probabilities(adapter: [0.3], analytic: []) == [1])
        let analytic = HeadPair(adapter: nil, analytic: try head(), blend: .uncalibrated)
        #expect(!analytic.needsAdapter && analytic.needsAnalytic)
        #expect(analytic.passesBase && !analytic.passesAdapter)
        #expect(analytic.head(of: 2) == .analytic)
    }
}
