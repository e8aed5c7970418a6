/// How labelled texts are written down.
public enum ExampleFormat: String, Sendable, Hashable, CaseIterable {
    /// One object, an array of objects, or `{"examples": […]}`.
    case json
    /// One object a line.
    case ndjson
    /// RFC 4180 with a header row that names the columns.
    case csv

    /// Format of a media type such as `text/csv; charset=utf-8`; `nil` when it is none of ours.
    ///
    /// A charset other than UTF-8 (or its subset US-ASCII) is not supported, so it gives `nil` too.
    public init?(mediaType: String) {
        let parts = mediaType.lowercased().split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
        switch parts.first {
        case "application/json": self = .json
        case "application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines":
            self = .ndjson
        case "text/csv": self = .csv
        default: return nil
        }
        for parameter in parts.dropFirst() where parameter.hasPrefix("charset=") {
            let charset = parameter.dropFirst("charset=".count).filter { $0 != "\"" }
            guard ["utf-8", "utf8", "us-ascii"].contains(charset) else { return nil }
        }
    }

    /// Format by the ending of a file's name; `nil` when it is none of ours.
    public init?(fileName: String) {
        switch fileName.lowercased().split(separator: ".", omittingEmptySubsequences: false).last {
        case "json": self = .json
        case "jsonl", "ndjson": self = .ndjson
        case "csv": self = .csv
        default: return nil
        }
    }
}
