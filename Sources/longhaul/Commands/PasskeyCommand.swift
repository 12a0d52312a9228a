import ArgumentParser
import Evaluation
import Foundation
import Inference

/// `longhaul passkey`: numbers hidden in a long text and asked for at its end.
struct PasskeyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "passkey",
    abstract: "Hides numbers in long texts, asks for them, and shows at which lengths and depths they are found.",
    discussion: """
      The pass-key task of the SelfExtend paper over a grid of lengths and depths, and, since that alone says little, \
      the same with several labelled keys of which one is asked for. A length counts prompt and answer together; a key \
      is found when the first number of the greedy answer is the key. The same seed asks the same questions, of every \
      policy and with any number of workers.
      """)

  @OptionGroup var model: ModelOptions

  @Option(
    help: """
      Lengths in tokens, separated by commas. Default: once, twice, four and eight times the trained length, as far as \
      the automatic policy goes.
      """)
  var lengths: NumberList?

  @Option(help: "Depths, spread evenly from the text's start to its end.")
  var depths: Int = 5

  @Option(help: "Questions for each length and depth.")
  var trials: Int = 4

  @OptionGroup var settings: PolicySettingOptions
  @OptionGroup var retrieval: RetrievalOptions
  @OptionGroup var cluster: LocalClusterOptions
  @OptionGroup var cache: CacheOptions
  @OptionGroup var policy: PolicyOptions

  @Flag(help: "Print one JSON object, with every answer.")
  var json = false

  func validate() throws {
    guard (1...100).contains(depths), (1...10_000).contains(trials) else {
      throw ValidationError("--depths must be between 1 and 100 and --trials between 1 and 10000")
    }
    if let lengths, !lengths.values.allSatisfy({ (1...Limits.maximumContext).contains($0) }) {
      throw ValidationError("--lengths must be between 1 and \(Limits.maximumContext)")
    }
  }

  func run() async throws {
    let measured = try MeasuredModel(model, policy)
    let trained = measured.configuration.trainedLength
    let request = measured.settings.request
    let longest = PolicyChoice.longestAutomaticLength(trainedLength: trained, window: request.neighborWindow)
    let lengths = lengths?.values ?? [1, 2, 4, 8].map { $0 * trained }.filter { $0 <= longest }
    let measurement = try RetrievalMeasurement(
      tasks: retrieval.tasks(isDemo: measured.isDemo),
      settings: settings.list(policy: request, standard: [.automatic]), lengths: lengths,
      trialCount: trials, trainedLength: trained,
      questions: retrieval.questions(measured, depths: RetrievalQuestions.evenDepths(depths)))
    try measurement.check()
    let isQuiet = json
    let columns = try await measured.evaluate(
      longest: lengths.max() ?? 1, cases: measurement.cases.map(\.policy), cluster: cluster, cache: cache,
      isQuiet: json
    ) { batch in
      var bar = ProgressBar("asking", isWanted: !isQuiet)
      defer { bar.clear() }
      return try await measurement.columns(through: batch) {
        bar.update(done: $0, total: measurement.requestCount)
      }
    }
    let report = PasskeyReport(
      model: measured.configuration.name, trainedLength: trained, seed: retrieval.seed, trials: trials,
      columns: columns)
    if json { return try StandardOutput.json(report) }
    try StandardOutput.write(report.lines(columns).joined(separator: "\n") + "\n")
  }
}

/// What `passkey --json` prints.
struct PasskeyReport: Encodable {
  struct Answer: Encodable {
    let key: String
    let answer: String
    let found: Bool
  }

  struct Cell: Encodable {
    let depth: Double
    let trials: Int
    let found: Int
    /// Of 95 %.
    let interval: [Double]
    let answers: [Answer]

    init(_ cell: RetrievalMeasurement.Cell) {
      depth = cell.depth
      (trials, found) = (cell.estimate.trialCount, cell.estimate.successCount)
      interval = [cell.estimate.interval.lowerBound, cell.estimate.interval.upperBound]
      answers = cell.answers.map { Answer(key: $0.key, answer: $0.text, found: $0.isFound) }
    }
  }

  struct Column: Encodable {
    let keys: Int
    let digits: Int
    let asked: String
    let policy: PolicyReport
    let length: Int
    let share: Double
    let interval: [Double]
    let cells: [Cell]

    init(_ column: RetrievalMeasurement.Column) {
      (keys, digits) = (column.value.task.keyCount, column.value.task.digitCount)
      asked = column.value.setting.description
      policy = PolicyReport(column.value.policy)
      length = column.value.length
      share = column.estimate.share
      interval = [column.estimate.interval.lowerBound, column.estimate.interval.upperBound]
      cells = column.cells.map(Cell.init)
    }
  }

  let model: String
  let trainedLength: Int
  let seed: UInt64
  let trials: Int
  let columns: [Column]

  init(model: String, trainedLength: Int, seed: UInt64, trials: Int, columns: [RetrievalMeasurement.Column]) {
    (self.model, self.trainedLength, self.seed, self.trials) = (model, trainedLength, seed, trials)
    self.columns = columns.map(Column.init)
  }

  /// A heat map in text for each task and policy: depths down, lengths across.
  func lines(_ columns: [RetrievalMeasurement.Column]) -> [String] {
    var lines = ["\(model), trained at \(trainedLength); keys found in \(trials) questions a field, seed \(seed)"]
    var maps: [[RetrievalMeasurement.Column]] = []
    for column in columns {
      let isSameMap =
        maps.last?.first.map { $0.value.task == column.value.task && $0.value.setting == column.value.setting } ?? false
      if isSameMap { maps[maps.count - 1].append(column) } else { maps.append([column]) }
    }
    for map in maps {
      guard let first = map.first else { continue }
      lines += ["", "\(first.value.task.name), \(first.value.setting)"]
      var table = TextTable(head: ["depth"] + map.map { "\($0.value.length)" })
      for (index, cell) in first.cells.enumerated() {
        table.add(
          [String(format: "%.0f %%", 100 * cell.depth)] + map.map { Self.field($0.cells[index].estimate) })
      }
      table.add(["all"] + map.map { Self.field($0.estimate) })
      table.add(["95 %"] + map.map { Self.bounds($0.estimate) })
      table.add(["GxW"] + map.map { "\($0.value.policy.groupSize)x\($0.value.policy.neighborWindow)" })
      lines += table.lines
    }
    return lines
  }

  private static func field(_ estimate: ShareEstimate) -> String {
    let shades = ["·", "░", "▒", "▓", "█"]
    let shade = shades[min(shades.count - 1, Int(estimate.share * Double(shades.count - 1)))]
    return String(format: "%.0f %% ", 100 * estimate.share) + String(repeating: shade, count: 3)
  }

  private static func bounds(_ estimate: ShareEstimate) -> String {
    String(format: "%.0f–%.0f", 100 * estimate.interval.lowerBound, 100 * estimate.interval.upperBound)
  }
}
