import Schema
import Testing

@Suite("Options of drift")
struct DriftOptionsTests {
    static let wrong: [(field: String, change: @Sendable (inout DriftOptions) -> Void)] = [
        ("min_sample", { $0.minimumSample = 9 }),
        ("min_sample", { ($0.window, $0.minimumSample) = (50, 60) }),
        ("p_value", { $0.pValue = 0 }),
        ("p_value", { $0.pValue = .nan }),
        ("psi", { $0.stability = .infinity }),
        ("psi", { $0.stability = -1 }),
        ("psi_watch", { $0.stabilityWatch = 0.3 }),
        ("js", { $0.jensenShannon = 2 }),
        ("auc", { $0.areaUnderCurve = 0.2 }),
        ("adwin_delta", { $0.adwinDelta = 1 }),
        ("page_hinkley", { $0.pageHinkley = .infinity }),
        ("page_hinkley", { $0.pageHinkley = 0 }),
        ("accuracy_drop", { $0.accuracyDrop = -0.1 }),
        ("calibration_error", { $0.calibrationError = 1.1 }),
        ("new_labels", { $0.newLabels = 0 }),
        ("new_labels", { $0.newLabels = 10_001 }),
    ]

    @Test("A window of any size is judged", arguments: [Int.min, -1, 0, 1, 9, 10, 19, 10_001, .max])
    func window(size: Int) {
        var options = DriftOptions()
        options.window = size
        #expect(options.problem?.field == "window" && options.problem?.reason == "\(size); must be 20 to 10000")
    }

    @Test("What is out of range is named, whatever its value", arguments: wrong)
    func outOfRange(field: String, change: @Sendable (inout DriftOptions) -> Void) throws {
        var options = DriftOptions()
        change(&options)
        let problem = try #require(options.problem)
        #expect(problem.field == field && problem.reason.contains("must"))
    }

    @Test("Defaults and the ends of the ranges are taken")
    func taken() {
        var options = DriftOptions()
        #expect(options.problem == nil)
        (options.window, options.minimumSample) = (DriftOptions.windows.lowerBound, 20)
        #expect(options.problem == nil)
        (options.window, options.minimumSample) = (DriftOptions.windows.upperBound, 10_000)
        #expect(options.problem == nil)
        options.minimumSample = DriftOptions.minimumSamples.lowerBound
        #expect(options.problem == nil)
    }
}
