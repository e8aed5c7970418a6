import Foundation

extension Home {
    /// Removes files that no row refers to any more. What is gone already is no error.
    ///
    /// - Throws: ``StoreError/cannotWrite(path:reason:)``.
    public func remove(_ garbage: Garbage) throws {
        let files =
            garbage.adapters.map(adapter) + garbage.replayGenerations.map(replayGeneration)
            + garbage.analyticGenerations.map(analyticGeneration)
        for file in files where FileManager.default.fileExists(atPath: file.path) {
            do {
                try FileManager.default.removeItem(at: file)
            } catch {
                throw StoreError(unwritable: file, error)
            }
        }
    }
}
