/// A published method that gives grouped keys positions within the trained ones. The raw value is its name everywhere.
package enum PositionMethod: String, CaseIterable, Sendable {
  /// Grouped keys share positions in groups (arXiv 2401.01325). With G = 1 it is plain attention.
  case selfExtend = "self-extend"
  /// All grouped keys are at distance w, in no order among themselves (Su, 2023).
  case reRoPE = "rerope"
  /// Within the trained length, distances from S on are seen as those from W on, which training saw more often
  /// (arXiv 2410.18745).
  case string
  /// Groups without a shift, of the least size that brings a text into the trained length (arXiv 2607.07740).
  case jetLong = "jet-long"
  /// Groups that grow along the text by a logistic function (SELF, arXiv 2505.17296).
  case logistic = "self"

  /// What a text of the method may give, in this order.
  package var parameters: [PolicyParameter] {
    switch self {
    case .selfExtend, .jetLong, .logistic: [.groupSize, .neighborWindow]
    case .reRoPE: [.neighborWindow]
    case .string: [.neighborWindow, .farStart]
    }
  }

  /// Whether it is meant for text beyond the trained length. STRING is for text within it.
  package var readsBeyondTraining: Bool { self != .string }

  /// As its authors write it.
  package var title: String {
    switch self {
    case .selfExtend: "SelfExtend"
    case .reRoPE: "ReRoPE"
    case .string: "STRING"
    case .jetLong: "Jet-Long"
    case .logistic: "SELF"
    }
  }
}

/// A number of a policy. The raw value is its name in requests, files and answers.
package enum PolicyParameter: String, CaseIterable, Sendable {
  /// G; SELF's capacity C, which its groups grow toward.
  case groupSize = "group_size"
  /// w; STRING's S.
  case neighborWindow = "neighbor_window"
  /// STRING's W: the distance at which the first grouped key is seen.
  case farStart = "far_start"

  /// In formulas.
  package var symbol: String {
    switch self {
    case .groupSize: "G"
    case .neighborWindow: "w"
    case .farStart: "W"
    }
  }

  /// In sentences.
  package var phrase: String { rawValue.replacing("_", with: " ") }

  /// What it may be.
  package var range: ClosedRange<Int> { (self == .groupSize ? 1 : 0)...Limits.maximumContext }
}
