import Foundation

/// Where the `Configs` are that the program came with.
enum ShippedFiles {
    /// Folders that may hold `name`: beside the program when installed, in the package when built there, in the
    /// working directory.
    static func directories(_ name: String) -> [URL] {
        let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        var directories = [program.appending(path: "../share/perennial/\(name)").standardizedFileURL]
        var ancestor = program
        for _ in 0..<4 {
            ancestor.deleteLastPathComponent()
            directories.append(ancestor.appending(path: "Configs/\(name)"))
        }
        directories.append(URL(filePath: "Configs/\(name)").absoluteURL)
        return directories
    }
}
