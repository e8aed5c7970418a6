import Evaluation
import Foundation
import Pipeline
import Schema
import Training

/// One update put to the gate, and what it truly did to the old slices. One line of JSON.
struct GateTrial: Codable {
    var number: Int
    var kind: GateWorld.Kind
    /// `failed` where training itself gave up.
    var outcome: Outcome
    var attempts = 0
    var reason = ""
    /// On the held-out examples that the gate saw, by the last attempt.
    var slices: [SliceComparison] = []
    /// By old experience, on test rows; empty where it was not measured.
    var truth: [Change] = []
    var seconds = 0.0

    enum Outcome: String, Codable { case served, blocked, failed }

    struct Change: Codable {
        var examples: Int
        var lost: Int
        var gained: Int

        init(_ before: [Bool], _ after: [Bool]) {
            examples = before.count
            lost = zip(before, after).count { $0 && !$1 }
            gained = zip(before, after).count { !$0 && $1 }
        }

        var drop: Double { Double(lost - gained) / Double(max(examples, 1)) }

        /// Whether so many test rows leave no doubt that it lost more: 95 % confidence.
        func certainlyExceeds(_ tolerance: Double) -> Bool {
            PairedComparison(lost: lost, gained: gained, examples: examples).pValue(dropExceeding: tolerance) < 0.05
        }
    }

    /// Accuracy lost over all old test rows; `nil` where it was not measured.
    var drop: Double? {
        let examples = truth.reduce(0) { $0 + $1.examples }
        guard examples > 0 else { return nil }
        return Double(truth.reduce(0) { $0 + $1.lost - $1.gained }) / Double(examples)
    }

    /// Of the old slice that lost most.
    var worstDrop: Double? { truth.map(\.drop).max() }
}

/// A champion, and updates tried on it one by one, each as if it were the only one.
struct GateExperiment {
    let world: GateWorld
    let learner: Learner
    let recipe: Recipe
    let examples: Int
    let champion: StreamRun
    private let before: [[Bool]]

    init(
        world: GateWorld, learner: Learner, recipe: Recipe, examples: Int, holdout: Double,
        progress: (Double, String) -> Void
    ) throws {
        self.world = world
        self.learner = learner
        self.recipe = recipe
        self.examples = examples
        var run = try StreamRun(learner: learner, recipe: recipe, holdout: holdout)
        for (index, experience) in world.experiences.enumerated() {
            progress(Double(index) / Double(world.experiences.count), "the champion learns")
            _ = try run.learn(experience)
        }
        champion = run
        before = try run.correct(world.tests)
    }

    /// Accuracy of the champion on the test rows.
    var accuracy: Double {
        let all = before.joined()
        return Double(all.count { $0 }) / Double(max(all.count, 1))
    }

    /// - Parameter measuresAll: also what a blocked or a benign update would have done; else only what matters: harm
    ///   that is served, and whether what was blocked without being harmful did harm.
    func trial(_ number: Int, _ kind: GateWorld.Kind, measuresAll: Bool) throws -> GateTrial {
        let start = ContinuousClock.now
        let (rows, recipe) = world.update(kind, examples: examples, recipe: recipe, seed: UInt64(number))
        var run = champion
        run.recipe = recipe
        var trial = GateTrial(number: number, kind: kind, outcome: .failed)
        do {
            let result = try run.learn(rows)
            let isServed = result.verdict.decision == .promote
            trial.outcome = isServed ? .served : .blocked
            trial.attempts = result.verdict.attempt
            trial.reason = result.verdict.reason
            trial.slices = result.verdict.slices
            if measuresAll || isServed == kind.isHarmful {
                let after = try world.tests.map {
                    try learner.correct(
                        result.adapter, analytic: result.analytic, blend: result.blend, $0,
                        maximumLength: recipe.maximumLength)
                }
                trial.truth = zip(before, after).map(GateTrial.Change.init)
            }
        } catch let error as TrainingError {
            trial.reason = error.description
        }
        trial.seconds = Measurement.seconds(since: start)
        return trial
    }
}
