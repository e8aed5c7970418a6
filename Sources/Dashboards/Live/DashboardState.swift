import Schema

/// A key of the dashboard.
public enum Key: Sendable, Hashable {
    case up, down, left, right, pageUp, pageDown, home, end, enter, escape, backspace
    case character(Character)
}

/// What a key asks of whoever runs the dashboard.
public enum DashboardRequest: Sendable, Hashable {
    case quit
    case promote(task: String, version: String)
    case rollback(task: String)
}

/// Where the reader is: which view, which row, what is typed. Keys in, requests out; no terminal, no clock.
public struct DashboardState: Sendable, Hashable {
    public enum View: Int, Sendable, Hashable, CaseIterable {
        case task, updates, adapters, replay

        var name: String {
            switch self {
            case .task: "task"
            case .updates: "updates"
            case .adapters: "adapters"
            case .replay: "replay"
            }
        }
    }

    /// `nil` in the overview.
    public internal(set) var task: String?
    public internal(set) var view = View.task
    /// The version to compare ``selectedVersion`` with, as (from, to).
    public internal(set) var comparison: Comparison?
    public let isReadOnly: Bool

    public struct Comparison: Sendable, Hashable {
        public var from: String
        public var to: String
    }

    /// Name of the selected task: it stays selected when the order changes.
    var selectedTask: String?
    /// `nil` selects the champion.
    var version: String?
    /// First line of the body that is shown.
    var scroll = 0
    var filter = ""
    var isFiltering = false
    var showsHelp = false
    var question: DashboardRequest?
    /// What the last key came to, until the next.
    public var message = ""

    public init(isReadOnly: Bool = false, task: String? = nil) {
        self.isReadOnly = isReadOnly
        self.task = task
        selectedTask = task
    }

    /// The version the adapter view has selected, for whose details someone has to ask.
    public func selectedVersion(_ report: TaskReport) -> String? {
        version ?? report.champion?.version ?? report.versions.last?.version
    }

    /// What has to be read to show it: when it changes, a new reading is due.
    public struct Reading: Sendable, Hashable {
        var task: String?
        var view: View
        var version: String?
        var comparison: Comparison?
    }

    public var reading: Reading { Reading(task: task, view: view, version: version, comparison: comparison) }

    /// Takes a key.
    ///
    /// - Parameters:
    ///   - columns: of the terminal, by which the last page is found.
    ///   - rows: lines of the terminal, by which a page is turned.
    public mutating func handle(
        _ key: Key, _ snapshot: DashboardSnapshot, columns: Int = 80, rows: Int = 24
    ) -> DashboardRequest? {
        message = ""
        if let asked = question {
            question = nil
            guard key == .character("y") || key == .character("Y") else {
                message = "nothing was changed"
                return nil
            }
            return asked
        }
        if isFiltering {
            type(key)
            return nil
        }
        if showsHelp {
            showsHelp = false
            return key == .character("q") ? .quit : nil
        }
        switch key {
        case .character("q"), .character("\u{3}"): return .quit
        case .character("?"): showsHelp = true
        case .character("/") where task == nil: isFiltering = true
        case .character("p"): askToPromote(snapshot)
        case .character("r"): askToRollBack(snapshot)
        default: task == nil ? moveInOverview(key, snapshot, rows) : moveInTask(key, snapshot, columns, rows)
        }
        return nil
    }

    /// Tasks in the order they are shown.
    func tasks(_ overview: ServiceOverview) -> [TaskSummary] {
        let wanted = filter.lowercased()
        return overview.worstFirst.filter { wanted.isEmpty || $0.name.contains(wanted) }
    }

    func selectedIndex(_ tasks: [TaskSummary]) -> Int { tasks.firstIndex { $0.name == selectedTask } ?? 0 }

    private mutating func type(_ key: Key) {
        switch key {
        case .enter, .up, .down: isFiltering = false
        case .escape: (filter, isFiltering) = ("", false)
        case .backspace: if filter.isEmpty { isFiltering = false } else { filter.removeLast() }
        case .character(let character) where character.isLetter || character.isNumber || "._-".contains(character):
            filter.append(character)
        default: break
        }
        selectedTask = nil
    }

    private mutating func moveInOverview(_ key: Key, _ snapshot: DashboardSnapshot, _ rows: Int) {
        guard let overview = snapshot.overview else { return }
        let tasks = tasks(overview)
        if key == .escape { filter = "" }
        guard !tasks.isEmpty else { return }
        let index = selectedIndex(tasks)
        if key == .enter || key == .right || key == .character("l") {
            (task, view, scroll, version, comparison) = (tasks[index].name, .task, 0, nil, nil)
            selectedTask = task
        } else if let moved = Self.moved(index, by: key, page: max(1, rows - 6), last: tasks.count - 1) {
            selectedTask = tasks[moved].name
        }
    }

    private mutating func moveInTask(_ key: Key, _ snapshot: DashboardSnapshot, _ columns: Int, _ rows: Int) {
        switch key {
        case .escape, .backspace, .character("h"):
            if comparison == nil { task = nil } else { comparison = nil }
        case .character(let digit) where ("1"..."4").contains(digit):
            show(View(rawValue: (digit.wholeNumberValue ?? 1) - 1) ?? .task)
        case .left: show(View(rawValue: (view.rawValue + 3) % 4) ?? .task)
        case .right, .character("\t"): show(View(rawValue: (view.rawValue + 1) % 4) ?? .task)
        case .character("c") where view != .adapters: show(.adapters)
        case .enter where view == .adapters, .character("c"): compare(snapshot)
        default:
            if view == .adapters, comparison == nil, let report = snapshot.report, !report.versions.isEmpty {
                // Newest first, as they are shown.
                let versions = report.versions.reversed().map(\.version)
                let index = versions.firstIndex { $0 == selectedVersion(report) } ?? 0
                if let moved = Self.moved(index, by: key, page: 5, last: versions.count - 1) {
                    version = versions[moved]
                }
            } else {
                let last = DashboardFrame(snapshot, state: self).lastScroll(columns: columns, rows: rows)
                if let moved = Self.moved(min(scroll, last), by: key, page: max(1, rows - 6), last: last) {
                    scroll = moved
                }
            }
        }
    }

    private mutating func show(_ view: View) { (self.view, scroll, comparison) = (view, 0, nil) }

    /// With the champion; the champion itself with its parent.
    private mutating func compare(_ snapshot: DashboardSnapshot) {
        guard let report = snapshot.report, let selected = selectedVersion(report) else { return }
        let champion = report.champion?.version
        let parent = report.versions.first { $0.version == selected }?.parent
        guard let other = selected == champion ? parent : champion else {
            message = "there is no version to compare \(selected) with"
            return
        }
        scroll = 0
        comparison =
            selected == champion ? Comparison(from: other, to: selected) : Comparison(from: selected, to: other)
    }

    private mutating func askToPromote(_ snapshot: DashboardSnapshot) {
        guard !isReadOnly else { return message = "this dashboard is read-only" }
        guard let task else { return message = "open a task and choose a version to promote" }
        guard view == .adapters, let report = snapshot.report, let selected = selectedVersion(report) else {
            show(.adapters)
            return message = "choose a version, then p"
        }
        guard selected != report.champion?.version else { return message = "\(selected) serves already" }
        question = .promote(task: task, version: selected)
    }

    private mutating func askToRollBack(_ snapshot: DashboardSnapshot) {
        guard !isReadOnly else { return message = "this dashboard is read-only" }
        let selected =
            task
            ?? snapshot.overview.flatMap { overview in
                let tasks = tasks(overview)
                return tasks.isEmpty ? nil : tasks[selectedIndex(tasks)].name
            }
        guard let selected else { return message = "there is no task" }
        question = .rollback(task: selected)
    }

    private static func moved(_ index: Int, by key: Key, page: Int, last: Int) -> Int? {
        switch key {
        case .up, .character("k"): max(0, index - 1)
        case .down, .character("j"): min(last, index + 1)
        case .pageUp: max(0, index - page)
        case .pageDown, .character(" "): min(last, index + page)
        case .home, .character("g"): 0
        case .end, .character("G"): last
        default: nil
        }
    }
}
