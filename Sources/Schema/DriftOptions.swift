/// By which thresholds drift of a task is judged. Key `update.drift`.
public struct DriftOptions: Sendable, Hashable, Codable {
    /// False neither watches nor judges.
    public var isEnabled = true
    /// Latest observations that are compared with the reference.
    public var window = 250
    /// Nothing is judged before there are this many on either side.
    public var minimumSample = 100
    /// Level of every test, after correction.
    public var pValue = 0.05
    /// Population stability index from which something moved …
    public var stabilityWatch = 0.1
    /// … and from which it is drift.
    public var stability = 0.25
    /// Jensen–Shannon distance.
    public var jensenShannon = 0.1
    /// Area under the domain classifier's curve.
    public var areaUnderCurve = 0.55
    /// ADWIN's δ.
    public var adwinDelta = 0.002
    /// Page–Hinkley's λ.
    public var pageHinkley = 50.0
    /// Accuracy lost against the held-out examples, 0 to 1.
    public var accuracyDrop = 0.05
    /// Expected calibration error.
    public var calibrationError = 0.1
    /// Arrivals within the window whose label the adapter does not know.
    public var newLabels = 5

    public init() {}

    public static let windows = 20...10_000
    /// Of `minimumSample`, which is no more than the window either.
    public static let minimumSamples = 10...10_000
    /// More than a window holds would never be told.
    public static let newLabelCounts = 1...10_000

    /// The field that is out of range, with what would be right; `nil` when all can be used.
    public var problem: (field: String, reason: String)? {
        let checks: [(Bool, CodingKeys, String)] = [
            (Self.windows.contains(window), .window, "\(window); must be 20 to 10000"),
            (
                minimumSample >= Self.minimumSamples.lowerBound && minimumSample <= window, .minimumSample,
                "\(minimumSample); must be at least 10 and at most the window, \(window)"
            ),
            (pValue > 0 && pValue < 1, .pValue, "\(pValue); must lie between 0 and 1"),
            (stability > 0 && stability.isFinite, .stability, "\(stability); must be a finite number above 0"),
            (
                stabilityWatch > 0 && stabilityWatch <= stability, .stabilityWatch,
                "\(stabilityWatch); must be above 0 and at most psi, \(stability)"
            ),
            ((0...1).contains(jensenShannon), .jensenShannon, "\(jensenShannon); must lie between 0 and 1"),
            ((0.5...1).contains(areaUnderCurve), .areaUnderCurve, "\(areaUnderCurve); must lie between 0.5 and 1"),
            (adwinDelta > 0 && adwinDelta < 1, .adwinDelta, "\(adwinDelta); must lie between 0 and 1"),
            (
                pageHinkley > 0 && pageHinkley.isFinite, .pageHinkley,
                "\(pageHinkley); must be a finite number above 0"
            ),
            ((0...1).contains(accuracyDrop), .accuracyDrop, "\(accuracyDrop); must lie between 0 and 1"),
            (
                (0...1).contains(calibrationError), .calibrationError,
                "\(calibrationError); must lie between 0 and 1"
            ),
            (Self.newLabelCounts.contains(newLabels), .newLabels, "\(newLabels); must be 1 to 10000"),
        ]
        return checks.first { !$0.0 }.map { ($0.1.rawValue, $0.2) }
    }

    public enum CodingKeys: String, CodingKey, CaseIterable {
        case isEnabled = "enabled"
        case window
        case minimumSample = "min_sample"
        case pValue = "p_value"
        case stabilityWatch = "psi_watch"
        case stability = "psi"
        case jensenShannon = "js"
        case areaUnderCurve = "auc"
        case adwinDelta = "adwin_delta"
        case pageHinkley = "page_hinkley"
        case accuracyDrop = "accuracy_drop"
        case calibrationError = "calibration_error"
        case newLabels = "new_labels"
    }

    /// Missing keys keep their defaults; unknown keys are refused where the JSON is read.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        isEnabled = try values.decodeIfPresent(Bool.self, forKey: .isEnabled) ?? isEnabled
        window = try values.decodeIfPresent(Int.self, forKey: .window) ?? window
        minimumSample = try values.decodeIfPresent(Int.self, forKey: .minimumSample) ?? minimumSample
        pValue = try values.decodeIfPresent(Double.self, forKey: .pValue) ?? pValue
        stabilityWatch = try values.decodeIfPresent(Double.self, forKey: .stabilityWatch) ?? stabilityWatch
        stability = try values.decodeIfPresent(Double.self, forKey: .stability) ?? stability
        jensenShannon = try values.decodeIfPresent(Double.self, forKey: .jensenShannon) ?? jensenShannon
        areaUnderCurve = try values.decodeIfPresent(Double.self, forKey: .areaUnderCurve) ?? areaUnderCurve
        adwinDelta = try values.decodeIfPresent(Double.self, forKey: .adwinDelta) ?? adwinDelta
        pageHinkley = try values.decodeIfPresent(Double.self, forKey: .pageHinkley) ?? pageHinkley
        accuracyDrop = try values.decodeIfPresent(Double.self, forKey: .accuracyDrop) ?? accuracyDrop
        calibrationError = try values.decodeIfPresent(Double.self, forKey: .calibrationError) ?? calibrationError
        newLabels = try values.decodeIfPresent(Int.self, forKey: .newLabels) ?? newLabels
    }
}

/// What a confirmed drift does besides being told. Key `update.on_drift`.
public enum DriftAction: String, Sendable, Hashable, Codable, CaseIterable {
    /// Starts an update with whatever examples wait.
    case update
    /// Doubles the replay share of updates until the drift has ended.
    case replay
    case warn
}
