import Core
import Testing

@testable import Cluster

@Suite("What a step costs, against numbers worked out by hand")
struct StepLoadTests {
  private static let prefill = StepLoad.prefill(workload(100, 20, 3), chunkTokenCount: 40, groups: false)
  private static let decode = StepLoad.decode(workload(100, 20, 3), stageCount: 2, groups: false)
  /// Four query heads and two key-value heads of 16.
  private static let shape = PlannerCase.configuration(layerCount: 1).layers[0]

  private static func workload(_ prompt: Int, _ answer: Int, _ sequences: Int) -> Workload {
    Workload(promptTokenCount: prompt, answerTokenCount: answer, sequenceCount: sequences)
      ?? Workload(contextLength: 1, sequenceCount: 1)
  }

  @Test("A prompt is read in chunks, the last row of the last one alone meets the head, and prompts follow each other")
  func prefillSteps() {
    #expect(Self.prefill.rowCount == 40 && Self.prefill.headRowCount == 1 && Self.prefill.sequenceCount == 1)
    #expect(Self.prefill.stepsPerHead == 3 && Self.prefill.stepCount == 9)
    let short = StepLoad.prefill(Self.workload(7, 1, 1), chunkTokenCount: 40, groups: false)
    #expect(short.rowCount == 7 && short.stepCount == 1)
  }

  @Test("Sequences decode in as many groups as there are stages, a row of the head for each")
  func decodeSteps() {
    #expect(Self.decode.rowCount == 2 && Self.decode.headRowCount == 2 && Self.decode.sequenceCount == 2)
    #expect(Self.decode.stepCount == 40 && Self.decode.stepsPerHead == 1)
    let alone = StepLoad.decode(Self.workload(100, 20, 1), stageCount: 4, groups: false)
    #expect(alone.rowCount == 1 && alone.stepCount == 20)
  }

  @Test(
    "A row meets half the prompt on average, the whole prompt and half the answer later, and no more than its window")
  func keys() {
    // 1 + ... + 100 over 100; 101 + ... + 120 over 20; both end in a half and are rounded up.
    #expect(Self.prefill.keyCount(.all) == 51 && Self.decode.keyCount(.all) == 111)
    // 1 + ... + 10, then 90 times 10: 9.55.
    #expect(Self.prefill.keyCount(.window(10)) == 10 && Self.decode.keyCount(.window(10)) == 10)
    #expect(Self.decode.keyCount(.window(1000)) == 111 && Self.prefill.keyCount(.window(0)) == 1)
    #expect(Self.decode.keyCount(.windowUnlessGrouped(10)) == 10)
    #expect(
      StepLoad.decode(Self.workload(100, 20, 3), stageCount: 2, groups: true).keyCount(.windowUnlessGrouped(10)) == 111)
  }

  @Test("Weights are read once a step and multiplied for every row; keys are read once a sequence and met by every row")
  func layerCost() {
    let layer = LayerCost(
      weightByteCount: 1200, expertByteCount: 0, decodeByteCount: 1200,
      products: ProductCount(integers: 1000, floats: 10))
    let prefill = Self.prefill.cost(of: layer, Self.shape, pageByteCount: 9216)
    #expect(prefill.weightRead == 60_000)
    #expect(prefill.products == 7180 * 40)
    #expect(prefill.cacheRead == 51 * 144 * 50)
    #expect(prefill.attention == 51 * 64 * 48 * 40)
    let decode = Self.decode.cost(of: layer, Self.shape, pageByteCount: 9216)
    #expect(decode.weightRead == 60_000 && decode.products == 7180 * 2)
    #expect(decode.cacheRead == 2 * 111 * 144 * 50)
    #expect(decode.attention == 111 * 64 * 100 * 2)
  }

  @Test("A step reads the experts that any of its rows is given to, and all are held")
  func experts() {
    var shape = Self.shape
    shape.feedForward = .experts(
      ExpertsShape(expertCount: 8, usedCount: 2, size: 16, router: RouterRule(.softmaxOfChosen)))
    let layer = LayerCost(
      weightByteCount: 1000, expertByteCount: 800, decodeByteCount: 400,
      products: ProductCount(integers: 0, floats: 0))
    // Two rows leave 0.75 x 0.75 of the experts alone: 350 of 800 bytes are read beside the other 200.
    #expect(Self.decode.cost(of: layer, shape, pageByteCount: 0).weightRead == 550 * 50)
    let alone = StepLoad.decode(Self.workload(1, 1, 1), stageCount: 1, groups: false)
    #expect(alone.cost(of: layer, shape, pageByteCount: 0).weightRead == 400 * 50)
    #expect(Self.prefill.cost(of: layer, shape, pageByteCount: 0).weightRead == 1000 * 50)
  }

  @Test("The head is a share of a prompt's steps, and whole in every decode step")
  func head() {
    let products = ProductCount(integers: 300, floats: 0)
    let prefill = Self.prefill.headCost(byteCount: 300, products: products)
    #expect(prefill == StepCost(weightRead: 5000, products: 700))
    let decode = Self.decode.headCost(byteCount: 300, products: products)
    #expect(decode == StepCost(weightRead: 15_000, products: 4200))
  }

  @Test("Reading and arithmetic overlap, each at its own speed; weights and attention follow each other")
  func time() {
    let cost = StepCost(weightRead: 400, products: 100, cacheRead: 40, attention: 300)
    #expect(cost.time(StageSpeed(prefill: 1, decode: 1)) == 700)
    #expect(cost.time(StageSpeed(prefill: 2, decode: 8)) == 200)
    #expect(cost.time(StageSpeed(prefill: 100, decode: 4)) == 110)
  }

  @Test("The largest workload, model and footprint do not overflow")
  func limits() {
    let workload = Workload(contextLength: Limits.maximumContext, sequenceCount: Limits.maximumStepEntryCount)
    var shape = Self.shape
    shape.attention.queryHeadCount = Limits.maximumHiddenSize
    let layer = LayerCost(weightByteCount: .max)
    for load in [
      StepLoad.prefill(workload, chunkTokenCount: .max, groups: false),
      StepLoad.decode(workload, stageCount: 1, groups: false),
    ] {
      let cost = load.cost(of: layer, shape, pageByteCount: .max)
      #expect((cost + cost).time(StageSpeed(prefill: 1e-9, decode: 1e-9)).isFinite)
    }
  }

  @Test("A workload has counts that a cluster can have, and derives from the context where none is given")
  func workloads() {
    #expect(Workload(promptTokenCount: 0, answerTokenCount: 1, sequenceCount: 1) == nil)
    #expect(Workload(promptTokenCount: 1, answerTokenCount: 1, sequenceCount: 257) == nil)
    #expect(Workload(promptTokenCount: .max, answerTokenCount: .max, sequenceCount: 1) == nil)
    #expect(Workload(contextLength: 32_768, sequenceCount: 4).description == "31744:1024:4")
    #expect(Workload(contextLength: 800, sequenceCount: 1).description == "700:100:1")
    #expect(Workload(contextLength: 0, sequenceCount: .max).description == "1:1:256")
  }
}
