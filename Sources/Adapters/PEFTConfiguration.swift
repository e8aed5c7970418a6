import Foundation
import Schema

/// The part of Hugging Face PEFT's `adapter_config.json` that a LoRA adapter needs.
struct PEFTConfiguration: Codable {
    var baseModel: String?
    var rank: Int
    var alpha: Double
    var dropout: Double
    var rankStabilized: Bool
    /// Full module names as written here: a suffix such as `output.dense` matches two modules of every BERT layer.
    var targetModules: [String]
    var peftType = "LORA"
    var taskType: String? = "FEATURE_EXTRACTION"
    var bias = "none"
    var inferenceMode = true
    var fanInFanOut = false
    var usesDoRA = false
    var modulesToSave: [String]?
    var alphaPattern: [String: Double] = [:]
    var rankPattern: [String: Int] = [:]

    enum CodingKeys: String, CodingKey {
        case baseModel = "base_model_name_or_path"
        case rank = "r"
        case alpha = "lora_alpha"
        case dropout = "lora_dropout"
        case rankStabilized = "use_rslora"
        case targetModules = "target_modules"
        case peftType = "peft_type"
        case taskType = "task_type"
        case bias
        case inferenceMode = "inference_mode"
        case fanInFanOut = "fan_in_fan_out"
        case usesDoRA = "use_dora"
        case modulesToSave = "modules_to_save"
        case alphaPattern = "alpha_pattern"
        case rankPattern = "rank_pattern"
    }

    init(options: Recipe.AdapterOptions, layout: AdapterLayout, baseModel: String) {
        self.baseModel = baseModel
        rank = options.rank
        alpha = options.alpha
        dropout = options.dropout
        rankStabilized = options.rankStabilized
        targetModules = layout.projections.map(\.path)
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        baseModel = try values.decodeIfPresent(String.self, forKey: .baseModel)
        rank = try values.decode(Int.self, forKey: .rank)
        alpha = try values.decode(Double.self, forKey: .alpha)
        dropout = try values.decodeIfPresent(Double.self, forKey: .dropout) ?? 0
        rankStabilized = try values.decodeIfPresent(Bool.self, forKey: .rankStabilized) ?? false
        if let pattern = try? values.decode(String.self, forKey: .targetModules) {
            throw AdapterError.unsupported(
                file: AdapterFiles.configuration, field: CodingKeys.targetModules.rawValue, value: pattern,
                expected: "a list of module names")
        }
        targetModules = try values.decode([String].self, forKey: .targetModules)
        peftType = try values.decode(String.self, forKey: .peftType)
        taskType = try values.decodeIfPresent(String.self, forKey: .taskType)
        bias = try values.decodeIfPresent(String.self, forKey: .bias) ?? bias
        fanInFanOut = try values.decodeIfPresent(Bool.self, forKey: .fanInFanOut) ?? false
        usesDoRA = try values.decodeIfPresent(Bool.self, forKey: .usesDoRA) ?? false
        modulesToSave = try values.decodeIfPresent([String].self, forKey: .modulesToSave)
        alphaPattern = try values.decodeIfPresent([String: Double].self, forKey: .alphaPattern) ?? [:]
        rankPattern = try values.decodeIfPresent([String: Int].self, forKey: .rankPattern) ?? [:]
    }

    /// Refuses variants whose matrices would mean something else here.
    func requireSupported() throws(AdapterError) {
        func require(_ condition: Bool, _ field: CodingKeys, _ value: Any, _ expected: String) throws(AdapterError) {
            guard !condition else { return }
            throw .unsupported(
                file: AdapterFiles.configuration, field: field.rawValue, value: "\(value)", expected: expected)
        }
        try require(peftType == "LORA", .peftType, peftType, "LORA")
        try require(bias == "none", .bias, bias, "none")
        try require(!usesDoRA, .usesDoRA, usesDoRA, "false")
        try require(!fanInFanOut, .fanInFanOut, fanInFanOut, "false")
        try require(modulesToSave ?? [] == [], .modulesToSave, modulesToSave ?? [], "null")
        try require(alphaPattern.isEmpty, .alphaPattern, alphaPattern, "{}")
        try require(rankPattern.isEmpty, .rankPattern, rankPattern, "{}")
    }
}
