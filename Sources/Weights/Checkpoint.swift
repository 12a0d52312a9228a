package import Core

/// A model's file, or folder, opened for reading: what it says of itself, and where its weights lie.
///
/// Opening reads and checks headers only. A file may lack a part (a vocabulary has no weights, some weights
/// have no vocabulary): it opens, and asking for the missing part throws the reason. All errors are
/// `CheckpointError`.
package struct Checkpoint: Sendable {
  let file: CheckpointFiles
  private let architecture: Result<Architecture, CheckpointError>
  private let model: Result<Model, CheckpointError>

  private struct Model: Sendable {
    let configuration: ModelConfiguration
    let tensors: TensorMap
  }

  /// Opens the file at `path`, any shard of a split checkpoint with all others; or a Hugging Face folder.
  /// - Parameters:
  ///   - architectures: families that are computed.
  ///   - rope: in place of the scaling that the file states; nil leaves the file's.
  package init(
    path: String, architectures: [Architecture] = Architecture.supported, rope: RopeOverride? = nil
  ) throws(CheckpointError) {
    self.init(try CheckpointFiles(path: path), architectures, rope)
    try file.requireUnchanged()
  }

  /// Puts together what is stored of a checkpoint: all its headers, and the tensors that a stage needs. Others may be
  /// missing until they are asked for.
  package init(
    headers: [StoredHeader], tensors: [StoredTensor], rope: RopeOverride? = nil
  ) throws(CheckpointError) {
    self.init(try CheckpointFiles(headers, tensors: tensors), Architecture.supported, rope)
    try file.requireUnchanged()
  }

  private init(_ file: CheckpointFiles, _ architectures: [Architecture], _ rope: RopeOverride?) {
    let architecture = Result { () throws(CheckpointError) in try architectures.named(by: file.metadata) }
    var file = file
    if let rope, case .success(let family) = architecture { file.scaleRope(rope, family: family.name) }
    self.file = file
    self.architecture = architecture
    self.model = Result { [file] () throws(CheckpointError) in try Self.model(of: file, architecture) }
  }

  /// The model's shape. Throws when the file is no model that can be computed: another architecture, values
  /// out of range, tensors that are missing, misshapen, of a type that is not read, or not known.
  package var configuration: ModelConfiguration {
    get throws(CheckpointError) { try model.get().configuration }
  }

  /// The length the model was trained at and where that is written. Throws when the metadata do not say.
  package var trainedLength: TrainedLength {
    get throws(CheckpointError) { try TrainedLength(ModelFields(file, family: architecture.get().name)) }
  }

  /// What each part of the model takes, as stored. Throws as `configuration` does.
  package var footprint: WeightFootprint {
    get throws(CheckpointError) { try model.get().tensors.footprint }
  }

  /// What it says of its tokenizer, read again on each use. Throws the reason when there is none.
  package var tokenizer: TokenizerDescription {
    get throws(CheckpointError) {
      try file.isFolder ? TokenizerDescription(folder: self) : TokenizerDescription(self)
    }
  }

  /// What takes the place of the file's scaling of RoPE; nil where nothing does.
  package var rope: RopeOverride? { file.rope }
  /// Whether it is a Hugging Face folder.
  package var isFolder: Bool { file.isFolder }
  package var metadata: Metadata { file.metadata }
  /// The tensor directory, of all files together.
  package var tensors: [TensorEntry] { file.tensors }
  /// Names of the files it consists of, without their folder.
  package var fileNames: [String] { file.fileNames }
  /// Bytes of all its files.
  package var byteCount: Int { file.byteCount }

  /// Where each weight lies. Throws as `configuration` does.
  var tensorMap: TensorMap {
    get throws(CheckpointError) { try model.get().tensors }
  }

  /// Tensors without which not even the model's shape is known. Throws when the architecture is not known.
  var shapingTensors: [TensorEntry] {
    get throws(CheckpointError) { try architecture.get().shapingTensors.compactMap { file[$0] } }
  }

  private static func model(
    of file: CheckpointFiles, _ architecture: Result<Architecture, CheckpointError>
  ) throws(CheckpointError) -> Model {
    let name = file.fileNames[0]
    guard !file.tensors.isEmpty else {
      throw .unsupported(
        name, nil, "holds a vocabulary but no weights",
        remedy: "give the path of a file with the model's weights")
    }
    if let kind = try file.metadata.string("general.type"), kind != "model" {
      throw .unsupported(
        name, "general.type", "is '\(printable(kind))', not a model",
        remedy: "give the path of the model itself")
    }
    let architecture = try architecture.get()
    let fields = ModelFields(file, family: architecture.name)
    try fields.refuseOthers(than: architecture.neutralValues)
    let configuration = try architecture.configuration(fields)
    if let rope = file.rope, configuration.layers.allSatisfy({ $0.attention.rope == nil }) {
      throw .unsupported(
        name, nil, "has no layer with RoPE, which '\(rope)' is to scale", remedy: "leave --rope-scaling out")
    }
    return Model(configuration: configuration, tensors: try TensorMap(file, architecture, configuration))
  }
}
