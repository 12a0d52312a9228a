import Core
import Tensors

/// The tensors of a folder by GGUF's names, with how each is made. Every tensor of the folder has its place, or is
/// refused by name.
struct FolderDirectory {
  private(set) var tensors: [TensorEntry] = []
  private(set) var recipes: [String: TensorRecipe] = [:]

  private let family: FolderFamily
  private let config: FolderValue
  private let fileNames: [String]

  /// A tensor of the folder that a tensor is made of.
  private struct Part {
    /// -1 for one that is not of an expert alone.
    let expert: Int
    let share: RowShare?
    let source: TensorRecipe.Source
  }

  init(
    _ entries: [SafetensorsEntry], _ config: FolderValue, _ family: FolderFamily, fileNames: [String]
  ) throws(CheckpointError) {
    self.family = family
    self.config = config
    self.fileNames = fileNames
    var byName: [String: SafetensorsEntry] = [:]
    for entry in entries {
      guard byName.updateValue(entry, forKey: entry.name) == nil else {
        throw .damaged(fileNames[entry.extent.fileIndex], tensorSubject(entry.name), "is in another file too")
      }
    }
    let isTied = try config["tie_word_embeddings"]?.bool() ?? family.tiesHead
    let scales = try FolderScales(config)
    var names: [String] = []
    var parts: [String: [Part]] = [:]
    let layerCount =
      family.passesOverPredictionLayers
      ? try config.required("num_hidden_layers").integer(in: 1...Limits.maximumLayerCount) : .max
    for entry in entries where !FolderNames.isUnused(entry.name) && !scales.isScale(entry.name) {
      if family.names.isOfOtherPart(entry.name) { continue }
      if let layer = family.names.layer(of: entry.name[...])?.number, layer >= layerCount { continue }
      let places = family.names.places(of: entry.name)
      guard !places.isEmpty else {
        throw .unsupported(
          fileNames[entry.extent.fileIndex], tensorSubject(entry.name),
          "has no place in a folder of model_type \(family.modelType)", remedy: "use a plain \(family.modelType) model")
      }
      let source = TensorRecipe.Source(entry: entry, scale: try scales.scale(of: entry, among: byName))
      for place in places where place.name != TensorName.head || !isTied {
        if parts[place.name] == nil { names.append(place.name) }
        parts[place.name, default: []].append(Part(expert: place.expert ?? -1, share: place.share, source: source))
      }
    }
    for name in names { try add(name, (parts[name] ?? []).sorted { $0.expert < $1.expert }) }
  }

  /// Adds a vector that the configuration has.
  mutating func add(_ name: String, _ numbers: [Float]) {
    tensors.append(
      TensorEntry(
        name: name, type: TensorType(number: ElementType.f32.rawValue), dimensions: [numbers.count], fileIndex: 0,
        offset: 0, byteCount: MemoryLayout<Float>.size * numbers.count))
    recipes[name] = TensorRecipe(
      sources: [], type: .f32, columnCount: 1, rowCount: numbers.count, numbers: numbers)
  }

  private mutating func add(_ name: String, _ parts: [Part]) throws(CheckpointError) {
    let first = parts[0].source.entry
    let file = fileNames[first.extent.fileIndex]
    let isStacked = parts[0].expert >= 0
    guard parts.map({ $0.expert }) == (isStacked ? Array(parts.indices) : [-1]),
      parts.allSatisfy({ $0.source.entry.shape == first.shape && $0.source.entry.type == first.type })
    else { throw .damaged(file, tensorSubject(first.name), "does not fit the other experts', or one is missing") }
    let form = try StoredForm(parts[0].source, name: name, isPart: isStacked, share: parts[0].share, file: file)
    var recipe = TensorRecipe(
      sources: parts.map(\.source), type: form.type, columnCount: form.columnCount, rowCount: form.rowCount)
    recipe.order =
      if let share = parts[0].share { .share(share, perMatrix: form.rowsPerMatrix) } else {
        try order(name, rowCount: form.rowCount, first)
      }
    if name.hasSuffix("norm.weight") { recipe.addend = family.normAddend }
    let dimensions = form.dimensions + (isStacked ? [parts.count] : [])
    guard let byteCount = Self.byteCount(dimensions, form.type) else {
      throw .damaged(file, tensorSubject(first.name), "has more bytes than can be counted")
    }
    tensors.append(
      TensorEntry(
        name: name, type: TensorType(number: form.type.rawValue), dimensions: dimensions,
        fileIndex: first.extent.fileIndex, offset: first.extent.offset, byteCount: byteCount))
    recipes[name] = recipe
  }

  /// Nil where it cannot be counted.
  private static func byteCount(_ dimensions: [Int], _ type: ElementType) -> Int? {
    var byteCount = type.rowByteCount(elementCount: dimensions[0])
    for dimension in dimensions.dropFirst() {
      guard let (product, overflow) = byteCount?.multipliedReportingOverflow(by: dimension), !overflow else {
        return nil
      }
      byteCount = product
    }
    return byteCount
  }

  /// Rows of heads that are to be paired with their neighbors, or taken out of groups.
  private func order(_ name: String, rowCount: Int, _ entry: SafetensorsEntry) throws(CheckpointError) -> RowOrder {
    if family.groupsHeads, name.contains(".attn_qkv.") { return try groups(rowCount: rowCount, entry) }
    guard family.pairsNeighbors else { return .stored }
    let isQuery = name.contains(".attn_q.")
    guard isQuery || name.contains(".attn_k.") else { return .stored }
    let queryHeads = try config.required("num_attention_heads")
    let heads = isQuery ? queryHeads : config["num_key_value_heads"] ?? queryHeads
    let count = try heads.integer(in: 1...GGUFLimits.innerSize)
    guard rowCount % (2 * count) == 0 else {
      throw .damaged(
        fileNames[entry.extent.fileIndex], tensorSubject(entry.name),
        "has \(rowCount) rows, which are no \(count) heads of an even size")
    }
    return .neighbors(headCount: count)
  }

  /// One group, of whatever size, lies as it is.
  private func groups(rowCount: Int, _ entry: SafetensorsEntry) throws(CheckpointError) -> RowOrder {
    guard try config["new_decoder_architecture"]?.bool() == true else { return .stored }
    let queries = try config.required("num_attention_heads").integer(in: 1...GGUFLimits.innerSize)
    let count = try config["num_kv_heads"]?.integer(in: 1...queries) ?? queries
    guard queries % count == 0, rowCount % (queries + 2 * count) == 0 else {
      throw .damaged(
        fileNames[entry.extent.fileIndex], tensorSubject(entry.name),
        "has \(rowCount) rows, which are no \(queries) heads of queries in \(count) groups")
    }
    return .groups(count: count, headSize: rowCount / (queries + 2 * count))
  }
}
