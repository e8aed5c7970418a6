import Foundation
import Schema

/// Recipes by name: `NAME.yaml` in `<home>/recipes`, then in the `Configs/recipes` the program came with.
struct RecipeLibrary: Sendable {
    let directories: [URL]

    init(home: URL) {
        directories = [home.appending(path: "recipes")] + ShippedFiles.directories("recipes")
    }

    /// - Throws: ``ConfigurationError`` when there is no such recipe or it cannot be used.
    func recipe(named name: String) throws -> Recipe {
        if let file = file(named: name) { return try Self.load(from: file) }
        if name == "default" { return Recipe() }
        throw ConfigurationError(
            source: "recipe \(name)",
            message: "is not in \(directories[0].path); known: \(names.joined(separator: ", "))")
    }

    /// Where the recipe of a name is; `nil` where it has no file.
    func file(named name: String) -> URL? {
        directories.lazy.map { $0.appending(path: "\(name).yaml") }
            .first { FileManager.default.fileExists(atPath: $0.path) }
    }

    /// Why a task cannot name a recipe, as it goes on after the name of the field; `nil` where it can.
    func problem(naming name: String) -> String? {
        let names = names
        guard names.contains(name) else { return "must be one of \(names.joined(separator: ", "))" }
        do {
            _ = try recipe(named: name)
            return nil
        } catch let error as ConfigurationError {
            // Where the home lies is no business of who asks from elsewhere.
            let shown = ConfigurationError(source: "\(name).yaml", line: error.line, message: error.message)
            return "names a recipe that cannot be used: \(shown)"
        } catch {
            return "names a recipe that cannot be used: \(error)"
        }
    }

    /// A recipe file, if there is one of that path, else the recipe of that name.
    func recipe(namedOrIn place: String) throws -> Recipe {
        let file = URL(filePath: place)
        var isDirectory: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: file.path, isDirectory: &isDirectory)
        let isFile = exists && !isDirectory.boolValue
        return isFile || place.contains("/") ? try Self.load(from: file) : try recipe(named: place)
    }

    var names: [String] { Set(directories.flatMap(Self.names)).union(["default"]).sorted() }

    static func load(from file: URL) throws -> Recipe {
        var defaults = Recipe()
        defaults.name = file.deletingPathExtension().lastPathComponent
        let recipe = try StrictYAML.decode(readText(file), over: defaults, source: file.path)
        if let problem = recipe.problem { throw ConfigurationError(source: file.path, message: problem) }
        return recipe
    }

    private static func names(in directory: URL) -> [String] {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
        return files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }
    }
}
