import Foundation
import Schema
import Synchronization

/// Recipes by name as their files are now: a file is read again only after it has changed.
///
/// Safe to ask from any thread, and as often as examples arrive: what it costs then is a look at the file's status.
final class RecipeCache: Sendable {
    private let library: RecipeLibrary
    private let entries = Mutex<[String: Entry]>([:])

    private struct Entry {
        var version: FileVersion
        /// `nil` where the file cannot be used.
        var recipe: Recipe?
    }

    init(_ library: RecipeLibrary) { self.library = library }

    /// `nil` where there is no such recipe, or it cannot be used.
    func recipe(named name: String) -> Recipe? {
        guard let file = library.file(named: name), let version = FileVersion(of: file) else {
            return try? library.recipe(named: name)
        }
        if let entry = entries.withLock({ $0[name] }), entry.version == version { return entry.recipe }
        // Of a file that changes meanwhile the next look sees another version.
        let recipe = try? RecipeLibrary.load(from: file)
        entries.withLock { $0[name] = Entry(version: version, recipe: recipe) }
        return recipe
    }
}

/// What tells one content of a file from the one before.
private struct FileVersion: Equatable {
    private var path: String
    private var numbers: [Int]

    /// `nil` where there is no such file.
    init?(of file: URL) {
        var status = stat()
        guard stat(file.path, &status) == 0 else { return nil }
        path = file.path
        numbers = [
            Int(truncatingIfNeeded: status.st_dev), Int(truncatingIfNeeded: status.st_ino), status.st_size,
            status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec,
        ]
    }
}
