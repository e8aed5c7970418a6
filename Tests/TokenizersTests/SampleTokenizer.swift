import Foundation
import Tokenizers

/// A `tokenizer.json` written by hand, with parts that a test may replace.
enum SampleTokenizer {
    static let bertNormalizer = #"{"type": "BertNormalizer", "lowercase": true, "strip_accents": null}"#
    static let template = """
        {"type": "TemplateProcessing",
         "single": [{"SpecialToken": {"id": "[CLS]"}}, {"Sequence": {"id": "A"}}, {"SpecialToken": {"id": "[SEP]"}}],
         "special_tokens": {"[CLS]": {"ids": [2]}, "[SEP]": {"ids": [3]}}}
        """
    static let model = """
        {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 12,
         "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "the": 4, "cat": 5, "un": 6, "##aff": 7,
                   "##able": 8, "##s": 9, "!": 10, "\\u6f22": 11, "caf\\u00e9": 12, "cafe\\u0301": 13, "cafe": 14,
                   "##": 15, "x": 16, "##x": 17}}
        """

    static func json(
        normalizer: String = bertNormalizer, preTokenizer: String = #"{"type": "BertPreTokenizer"}"#,
        postProcessor: String = template, model: String = model, addedTokens: String = "[]"
    ) -> [UInt8] {
        Array(
            """
            {"normalizer": \(normalizer), "pre_tokenizer": \(preTokenizer), "post_processor": \(postProcessor),
             "model": \(model), "added_tokens": \(addedTokens)}
            """.utf8)
    }

    static func json(replacing part: String, with value: String) -> [UInt8] {
        switch part {
        case "normalizer": json(normalizer: value)
        case "pre_tokenizer": json(preTokenizer: value)
        case "post_processor": json(postProcessor: value)
        default: json(model: value)
        }
    }
}
