import Foundation

/// Where base models are: `<home>/models`, then `$PERENNIAL_MODELS`, then the default home, so that homes share a copy.
struct ModelLocation {
    let directories: [URL]

    init(_ options: GlobalOptions) {
        var directories = [options.homeDirectory.appending(path: "models")]
        if let shared = ProcessInfo.processInfo.environment["PERENNIAL_MODELS"], !shared.isEmpty {
            directories.append(URL(filePath: shared).absoluteURL)
        }
        directories.append(GlobalOptions.defaultHome.appending(path: "models"))
        self.directories = directories
    }

    /// Directory of a model by name, or the directory itself.
    ///
    /// - Throws: ``CommandFailure`` saying where it was looked for and how to get it.
    func directory(of model: String) throws -> URL {
        let candidates = [URL(filePath: model).absoluteURL] + directories.map { $0.appending(path: model) }
        for directory in candidates
        where FileManager.default.fileExists(atPath: directory.appending(path: "config.json").path) {
            return directory
        }
        // A path cannot be fetched.
        if model.hasPrefix("/") || model.hasPrefix(".") || FileManager.default.fileExists(atPath: model) {
            throw CommandFailure(
                "base model \"\(model)\" has no config.json; name a directory in Hugging Face layout, or a model that "
                    + "`perennial model list` shows", .badConfiguration)
        }
        throw CommandFailure(
            "base model \"\(model)\" is not in \(directories[0].path); fetch it with: perennial model pull \(model)",
            .badConfiguration)
    }
}
