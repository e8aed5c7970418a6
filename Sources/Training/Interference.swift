import Adapters

extension TrainingStep {
    /// Which of the candidates, the first being 0, a plain gradient step on the new examples would raise the loss of most.
    ///
    /// Costs one gradient of the new examples and two answers to every candidate.
    ///
    /// - SeeAlso: Aljundi et al. 2019, Online Continual Learning with Maximally Interfered Retrieval, algorithm 1.
    func mostInterfered(
        _ candidates: [TokenizedExample], by new: [LossTerm], learningRate: Double, count: Int,
        losses: ([TokenizedExample], ClassifierAdapter) -> [Double]
    ) -> [Int] {
        guard count < candidates.count else { return Array(candidates.indices) }
        let here = snapshot()
        let slope = gradients(of: new).gradients
        let moved = here.replacing(
            parameters: zip(parameters, slope).map { $0 - Float(learningRate) * $1 })
        let rises = zip(losses(candidates, moved), losses(candidates, here)).map { $0 - $1 }
        // Candidates are in random order already, and ties keep it.
        let chosen = candidates.indices.sorted { (rises[$1], $0) < (rises[$0], $1) }.prefix(count)
        return chosen.sorted()
    }
}
