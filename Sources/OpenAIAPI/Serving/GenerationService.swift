import Core

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What the endpoints that generate share.
struct GenerationService: Sendable {
  let engine: any InferenceEngine
  let codec: any TextCodec
  let settings: APISettings
  let names: ModelNames
  let allowances: KeyAllowances
  let breakers = DryBreakers()

  var reader: BodyReader {
    BodyReader(maximumByteCount: settings.maximumBodyByteCount, defaults: settings.requestDefaults)
  }

  var preparation: AnswerPreparation {
    AnswerPreparation(
      model: engine.model, names: names, codec: codec, settings: settings, breakers: breakers)
  }

  var responder: AnswerResponder {
    AnswerResponder(
      engine: engine, codec: codec, headTimeout: settings.headTimeout, keepAliveInterval: settings.keepAliveInterval,
      allowances: allowances)
  }

  /// For a new answer.
  func head(_ kind: AnswerHead.Kind) -> AnswerHead {
    AnswerHead(
      kind: kind, id: RandomName.make(prefix: kind.idPrefix), created: Int(Date().timeIntervalSince1970),
      model: names.id, fingerprint: settings.fingerprint)
  }
}
