import Core

/// One entry of `GET /v1/models`.
struct ModelBody: Encodable, Sendable {
  let id: String
  let model: ServedModel
  /// Seconds since 1970 when the server started.
  let created: Int

  private enum Field: String, CodingKey {
    case id, object, created
    case ownedBy = "owned_by"
    case maximumLength = "max_model_len"
    case meta
  }
  private enum Meta: String, CodingKey {
    case trained = "n_ctx_train"
    case vocabulary = "n_vocab"
    case embedding = "n_embd"
    case layers = "n_layer"
    case architecture
  }

  func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Field.self)
    try fields.encode(id, forKey: .id)
    try fields.encode("model", forKey: .object)
    try fields.encode(created, forKey: .created)
    try fields.encode("longhaul", forKey: .ownedBy)
    try fields.encode(model.contextLength, forKey: .maximumLength)
    var meta = fields.nestedContainer(keyedBy: Meta.self, forKey: .meta)
    try meta.encode(model.configuration.trainedLength, forKey: .trained)
    try meta.encode(model.configuration.vocabularySize, forKey: .vocabulary)
    try meta.encode(model.configuration.hiddenSize, forKey: .embedding)
    try meta.encode(model.configuration.layerCount, forKey: .layers)
    try meta.encode(model.configuration.architecture, forKey: .architecture)
  }
}

/// The body of `GET /v1/models`.
struct ModelListBody: Encodable, Sendable {
  var object = "list"
  let data: [ModelBody]
}
