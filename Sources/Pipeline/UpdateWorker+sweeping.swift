import Foundation
import Schema
import Store

extension UpdateWorker {
    /// Forgets a task's old versions and removes their files. An update that has ended well does not fail of it.
    func removeGarbage(_ task: TaskName) async {
        do {
            let garbage = try await store.collectGarbage(task, keeping: keptVersions)
            try store.home.remove(garbage)
        } catch {
            logger.warning("old versions of task \(task) are not all removed: \(error)")
        }
    }

    /// Removes files that a killed update left without a row, once they are an hour old: younger ones may be on their way
    /// to one.
    ///
    /// Files from before the database was begun stay. They are of another one that was lost or moved away, and it is worth
    /// nothing without them when it comes back.
    package func sweep(now: Date = Date()) async {
        do {
            let begun = Date(timeIntervalSince1970: try await store.begun().seconds)
            let unnamed = try await unnamedFiles().filter { now.timeIntervalSince($0.modified) > 3_600 }
            let older = unnamed.count { $0.modified < begun }
            if older > 0 {
                logger.warning(
                    "\(older) files in \(store.home.root.path) are older than its database and stay; restore the database they are of, or remove them"
                )
            }
            for file in unnamed where file.modified >= begun { try FileManager.default.removeItem(at: file.url) }
        } catch {
            logger.warning("files that no version names are not all removed: \(error)")
        }
    }

    /// Files of adapters, replay memories and analytic heads that no row names.
    private func unnamedFiles() async throws -> [(url: URL, modified: Date)] {
        let home = store.home
        let named = try await store.referencedDigests()
        let kept = Set(
            named.adapters.map { home.adapter($0).lastPathComponent }
                + named.replayGenerations.map { home.replayGeneration($0).lastPathComponent }
                + named.analyticGenerations.map { home.analyticGeneration($0).lastPathComponent })
        return try [home.adapters, home.replay, home.analytic].flatMap { directory in
            try FileManager.default.contentsOfDirectory(
                at: directory, includingPropertiesForKeys: [.contentModificationDateKey]
            ).compactMap { file in
                guard !kept.contains(file.lastPathComponent) else { return nil }
                let values = try file.resourceValues(forKeys: [.contentModificationDateKey])
                return values.contentModificationDate.map { (file, $0) }
            }
        }
    }
}
