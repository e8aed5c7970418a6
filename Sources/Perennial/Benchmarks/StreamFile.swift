import Foundation
import Intake
import Schema

/// The order in which a data set's labels, or several tasks, arrive. JSON, see `Configs/demo/stream.json`.
struct StreamFile: Decodable {
    /// Class-incremental: the labels of each experience.
    var experiences: [[String]]?
    var names: [String]?
    /// Task-incremental: a data set each.
    var tasks: [TaskEntry]?

    struct TaskEntry: Decodable {
        var name: String
        /// Folder with `train.jsonl` and `test.jsonl`, relative to `--data`.
        var path: String
    }

    /// A stream and the folder of its data as an option names them, or the demo's.
    ///
    /// - Parameter seed: takes the place of "{seed}" in the stream's name.
    static func place(stream: String?, data: String?, seed: UInt64) throws -> (stream: URL, data: URL) {
        guard let stream, let data else { return try demo() }
        return (URL(filePath: stream.replacing("{seed}", with: "\(seed)")), URL(filePath: data))
    }

    private static func demo() throws -> (stream: URL, data: URL) {
        let demo = ShippedFiles.directories("demo").first {
            FileManager.default.fileExists(atPath: $0.appending(path: "stream.json").path)
        }
        guard let demo else {
            throw CommandFailure("the demo's stream is not beside the program; name --stream and --data", .badData)
        }
        return (demo.appending(path: "stream.json"), demo)
    }

    static func load(from file: URL) throws -> Self {
        let data: Data
        do {
            data = try Data(contentsOf: file)
        } catch {
            throw CommandFailure("\(file.path): \(error.localizedDescription)", .badData)
        }
        guard let stream = try? JSONDecoder().decode(Self.self, from: data) else {
            throw CommandFailure(
                "\(file.path) is no stream file: it wants {\"experiences\": [[label, …], …]} or "
                    + "{\"tasks\": [{\"name\": …, \"path\": …}, …]}", .badData)
        }
        guard stream.experiences != nil || stream.tasks != nil else {
            throw CommandFailure("\(file.path) has neither \"experiences\" nor \"tasks\"", .badData)
        }
        if let experiences = stream.experiences {
            let labels = Array(experiences.joined())
            guard Set(labels).count == labels.count else {
                throw CommandFailure("\(file.path): a label stands in two experiences; each belongs to one", .badData)
            }
            if let names = stream.names, names.count != experiences.count {
                throw CommandFailure(
                    "\(file.path): \(names.count) names for \(experiences.count) experiences; give one each", .badData)
            }
        }
        return stream
    }
}

/// Labelled texts of a JSONL file, all of them valid.
enum LabelledFile {
    /// - Throws: ``CommandFailure`` naming the first bad line.
    static func load(_ file: URL) throws -> [Example] {
        let data: Data
        do {
            data = try Data(contentsOf: file)
        } catch {
            throw CommandFailure("\(file.path): \(error.localizedDescription)", .badData)
        }
        let format = ExampleFormat(fileName: file.lastPathComponent) ?? .ndjson
        do {
            let batch = try ExampleParser.parse([UInt8](data), format: format)
            if let rejection = batch.refused.errors.first { throw rejection }
            return batch.examples.map(\.example)
        } catch let rejection as Rejection {
            throw CommandFailure("\(file.path), line \(rejection.line): \(rejection.message)", .badData)
        }
    }
}
