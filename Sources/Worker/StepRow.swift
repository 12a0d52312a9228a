import Core
import Paging
import Wire

/// One sequence's share of a step on this stage.
struct StepRow {
  let entry: StepEntry
  /// The first of its rows in the payload, which has the rows of refused entries, too.
  let source: Int
  /// Its rows among the backend's, and its sequence's cache extended over them; nil when the stage holds the tokens
  /// already, while other stages replay them.
  let cache: CacheEntry?

  /// Its rows among the backend's; nil when none is computed here.
  var rows: Range<Int>? { cache?.rows }
}

/// A step on its way through this stage.
struct StageStep {
  /// The frame's header; its entries are in `rows`.
  private(set) var header: ForwardHeader
  /// In the order of the frame's entries, without those that were refused. Computed rows follow each other from 0 on.
  private(set) var rows: [StepRow]

  /// - Parameter rows: none when the step has failed.
  init(_ header: ForwardHeader, rows: [StepRow] = []) {
    self.header = header
    self.header.entries = []
    self.rows = header.failure == nil ? rows : []
  }

  /// What the layers are run over.
  var cacheEntries: [CacheEntry] { rows.compactMap(\.cache) }
  var rowCount: Int { rows.reduce(0) { $0 + ($1.cache?.rowCount ?? 0) } }

  /// Takes entries out of the step that cannot be continued here.
  /// - Parameter stage: the stage that says so.
  mutating func drop(_ refusals: [FrameRefusal], stage: Int) {
    guard !refusals.isEmpty else { return }
    let refused = Set(refusals.map(\.sequence))
    rows.removeAll { refused.contains($0.entry.sequence) }
    header.failed += refusals.map { SequenceFailure(sequence: $0.sequence, reason: "stage \(stage): \($0)") }
  }

  /// Marks the step as lost; the first reason stays.
  mutating func fail(_ reason: String) {
    header.failure = header.failure ?? reason
    rows = []
  }

  mutating func append(_ timing: StageTiming) { header.timings.append(timing) }

  /// The header with the entries that are left.
  var sentHeader: ForwardHeader {
    var sent = header
    sent.entries = rows.map(\.entry)
    return sent
  }
}
