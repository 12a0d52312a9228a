/// The thirteen tasks of RULER (Hsieh et al. 2024, arXiv 2404.06654), by the names of its repository, NVIDIA/RULER.
///
/// Sizes, counts and answer lengths are those of its `synthetic.yaml` and `constants.py`; the wording is ours.
package enum RulerTask: String, Sendable, CaseIterable {
  /// A number in repeated noise; a number and a UUID in an essay.
  case singleNoise = "niah_single_1"
  case singleNumber = "niah_single_2"
  case singleCode = "niah_single_3"
  /// One of four keys in an essay; one key among lines that all look like it, of words and of UUIDs.
  case fourKeys = "niah_multikey_1"
  case manyKeys = "niah_multikey_2"
  case manyCodes = "niah_multikey_3"
  /// Four values of one key; the values of four keys.
  case fourValues = "niah_multivalue"
  case fourQueries = "niah_multiquery"
  case variables = "vt"
  case commonWords = "cwe"
  case frequentWords = "fwe"
  /// Questions of SQuAD and of HotpotQA among other documents.
  case squad = "qa_1"
  case hotpot = "qa_2"

  /// How an answer is scored.
  package enum Metric: String, Sendable {
    /// The share of the references that the answer contains.
    case all = "string_match_all"
    /// 1 where the answer contains one of the references.
    case part = "string_match_part"

    /// 0 to 1. Case does not count.
    /// - Parameter references: not empty.
    package func score(_ answer: String, references: [String]) -> Double {
      let answer = Array(answer.lowercased().utf8)
      let found = references.count { answer.contains(Array($0.lowercased().utf8)) }
      switch self {
      case .all: return Double(found) / Double(max(1, references.count))
      case .part: return found > 0 ? 1 : 0
      }
    }
  }

  package var metric: Metric { needsDocuments ? .part : .all }

  /// Whether the texts are the user's.
  package var needsDocuments: Bool { self == .squad || self == .hotpot }

  /// Maximum tokens of an answer.
  package var answerTokenCount: Int {
    switch self {
    case .variables: 30
    case .commonWords: 120
    case .frequentWords: 50
    case .squad, .hotpot: 32
    default: 128
    }
  }

  /// The tasks of names separated by commas, in RULER's order; `niah` stands for the eight with needles.
  /// - Throws: `RetrievalRefusal` for other names.
  package static func named(_ list: String) throws(RetrievalRefusal) -> [RulerTask] {
    var wanted: Set<RulerTask> = []
    for part in list.split(separator: ",", omittingEmptySubsequences: false) {
      let name = part.split(separator: " ").joined(separator: " ")
      let tasks =
        name == "niah" ? allCases.filter { $0.rawValue.hasPrefix("niah_") } : allCases.filter { $0.rawValue == name }
      guard !tasks.isEmpty else {
        throw RetrievalRefusal(
          "RULER has no task '\(name)'; it has \(allCases.map(\.rawValue).joined(separator: ", ")); niah is the first "
            + "eight")
      }
      wanted.formUnion(tasks)
    }
    return allCases.filter(wanted.contains)
  }
}
