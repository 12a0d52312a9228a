import Attention
package import Core
import Tensors

extension CPUDevice {
  /// The KV pages that every CPU backend makes.
  package static func pageSize(of type: KVElementType) -> KVPageSize { type.pageSize }

  /// What the processors offer a plan.
  /// - Parameter speed: nil where nothing measured it.
  package static func offer(memoryByteCount: Int, threadCount: Int, speed: StageSpeed? = nil) -> StageOffer {
    StageOffer(
      device: "CPU (\(kernelInstructionSet))", memoryByteCount: memoryByteCount, threadCount: threadCount,
      numericsID: NumericsID.current,
      pageSizes: Dictionary(uniqueKeysWithValues: KVElementType.allCases.map { ($0, $0.pageSize) }),
      attentions: Set(AttentionArithmetic.allCases), speed: speed)
  }

  /// What this device offers a plan.
  /// - Parameter memoryByteCount: what the worker may hold.
  package func offer(memoryByteCount: Int, speed: StageSpeed?) -> StageOffer {
    Self.offer(memoryByteCount: memoryByteCount, threadCount: threadCount, speed: speed)
  }
}
