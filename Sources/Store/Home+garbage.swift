import Foundation

extension Home {
    /// Removes files that no row refers to any more. What is gone already is no error.
    public func remove(_ garbage: Garbage) throws {
        let files =
            garbage.adapters.map(adapter) + garbage.replayGenerations.map(replayGeneration)
            + garbage.analyticGenerations.map(analyticGeneration)
        for file in files where FileManager.default.fileExists(atPath: file.path) {
            try FileManager.default.removeItem(at: file)
        }
    }
}
