import Foundation
import Schema

/// Recipes by name: `NAME.yaml` in `<home>/recipes`, then in the `Configs/recipes` the program came with.
struct RecipeLibrary {
    let directories: [URL]

    init(home: URL) {
        directories = [home.appending(path: "recipes")] + ShippedFiles.directories("recipes")
    }

    /// - Throws: ``ConfigurationError`` when there is no such recipe or it cannot be used.
    func recipe(named name: String) throws -> Recipe {
        for directory in directories {
            let file = directory.appending(path: "\(name).yaml")
            if FileManager.default.fileExists(atPath: file.path) { return try Self.load(from: file) }
        }
        if name == "default" { return Recipe() }
        throw ConfigurationError(
            source: "recipe \(name)",
            message: "is not in \(directories[0].path); known: \(names.joined(separator: ", "))")
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
