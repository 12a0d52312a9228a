import Backend
import Core
import Wire

/// A stage with its weights and cache in memory, on its way from the loader thread to the compute thread.
///
/// Safety: `@unchecked Sendable`: the loader keeps no reference, so the compute thread is its one owner.
struct LoadedStage: @unchecked Sendable {
  /// The plan that it was loaded for; the compute thread serves it while it still waits for it.
  let epoch: PlanEpoch
  let backend: any StageBackend
  /// Reads the tokens of the model.
  let vocabulary: () throws -> StageVocabulary
}

extension StageSpecification {
  init(_ assignment: StageAssignment) {
    self.init(
      layers: assignment.place.layers, hasEmbedding: assignment.place.isFirst,
      hasHead: assignment.place.isLast, kvElementType: assignment.cache.elementType,
      attention: assignment.cache.attention,
      pageCount: assignment.cache.pageCount, contextLength: assignment.cache.contextLength,
      rowCapacity: assignment.maximumStepTokenCount)
  }
}
