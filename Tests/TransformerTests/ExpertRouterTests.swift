import Core
import Foundation
import Tensors
import Testing

@testable import Transformer

@Suite("Experts are chosen and rows grouped by one rule")
struct ExpertRouterTests {
  private func choice(
    _ scores: [Float], used: Int, _ rule: RouterRule, bias: [Float]? = nil
  ) -> (experts: [Int32], weights: [Float]) {
    var scores = scores
    var experts = [Int32](repeating: -1, count: used)
    var weights = [Float](repeating: .nan, count: used)
    ExpertRouter(expertCount: scores.count, usedCount: used, rule: rule, choiceBias: bias)
      .choose(&scores, into: &experts, &weights)
    return (experts, weights)
  }

  @Test("the largest scores win, the lower index where two are alike, and NaN last; experts come out ascending")
  func chosen() {
    let rule = RouterRule(.softmaxOfChosen)
    #expect(choice([1, 5, 2, 4], used: 2, rule).experts == [1, 3])
    #expect(choice([3, 1, 3, 3], used: 2, rule).experts == [0, 2])
    #expect(choice([0, 0, 0, 0], used: 3, rule).experts == [0, 1, 2])
    #expect(choice([.nan, 1, .nan, -9], used: 2, rule).experts == [1, 3])
    #expect(choice([.nan, .nan, -.infinity], used: 3, rule).experts == [0, 1, 2])
    #expect(choice([.infinity, 1, 2], used: 1, rule).experts == [0])
  }

  @Test("weights are what each rule says, times its scale")
  func weights() {
    let scores: [Float] = [0, 1, 2]
    func near(_ found: [Float], _ expected: [Double]) -> Bool {
      zip(found, expected).allSatisfy { abs(Double($0) - $1) < 1e-6 }
    }
    // e and e squared, of 1 + e + e squared or of themselves.
    #expect(near(choice(scores, used: 2, RouterRule(.softmaxOfAll)).weights, [0.24472847, 0.66524096]))
    #expect(near(choice(scores, used: 2, RouterRule(.softmaxOfChosen)).weights, [0.26894142, 0.73105858]))
    let sigmoids = choice(scores, used: 2, RouterRule(.sigmoid(normalizes: false), scale: 2)).weights
    #expect(near(sigmoids, [1.46211716, 1.76159416]))
    let normalized = choice(scores, used: 2, RouterRule(.sigmoid(normalizes: true), scale: 2)).weights
    #expect(near(normalized, [0.90710178, 1.09289822]))
  }

  @Test("SparseMixer weighs each of two experts among those near its score, the second without the first")
  func sparseMixer() {
    let rule = RouterRule(.sparseMixer(jitter: 0.01))
    // 2 is far from 4, 3.99 and 3.95 are near it, and near each other; alone, an expert has all.
    let near = choice([3.95, 4, 2, 3.99], used: 2, rule)
    #expect(near.experts == [1, 3])
    #expect(abs(near.weights[0] - 1 / (1 + exp(Float(-0.01)) + exp(Float(-0.05)))) < 1e-6)
    #expect(abs(near.weights[1] - 1 / (1 + exp(Float(-0.04)))) < 1e-6)
    #expect(choice([1, 5, -2, 3], used: 2, rule).weights == [1, 1])
    #expect(choice([0, 0, -1], used: 2, rule).weights == [0.5, 1])
  }

  @Test("a bias for choosing changes who is chosen, but no weight")
  func choiceBias() {
    let rule = RouterRule(.sigmoid(normalizes: false))
    let plain = choice([2, 1, 0], used: 2, rule)
    let biased = choice([2, 1, 0], used: 2, rule, bias: [0, -1, 0])
    #expect(plain.experts == [0, 1] && biased.experts == [0, 2])
    #expect(biased.weights[0] == plain.weights[0] && biased.weights[1] == 0.5)
  }

  @Test(
    "experts are in the best groups: by their best one, or by a sigmoid's two best; the lower group where two are alike"
  )
  func expertGroups() {
    let groups = RouterGroups(count: 3, usedCount: 1)
    // Bests are 5, 4 and 1; sums of the two best of sigmoids favor the second group.
    let scores: [Float] = [5, -9, -9, 4, 3, 0, 1, 1, 1]
    #expect(choice(scores, used: 2, RouterRule(.softmaxOfAll, groups: groups)).experts == [0, 1])
    let sigmoid = RouterRule(.sigmoid(normalizes: true), groups: groups)
    #expect(choice(scores, used: 2, sigmoid).experts == [3, 4])
    #expect(choice([1, 2, 2, 1, 0, 0], used: 2, RouterRule(.softmaxOfAll, groups: groups)).experts == [0, 1])
    let two = RouterRule(.softmaxOfAll, groups: RouterGroups(count: 3, usedCount: 2))
    #expect(choice(scores, used: 3, two).experts == [0, 3, 4])
    // A bias counts for a group, too, and what is chosen has no share of the others.
    let biased = choice(scores, used: 2, sigmoid, bias: [0, 0, 0, 0, 0, 0, 9, 0, 0])
    #expect(biased.experts == [6, 7] && biased.weights == [0.5, 0.5])
    let all = choice(scores, used: 2, RouterRule(.softmaxOfAll, groups: groups)).weights
    #expect(all[0] + all[1] < 0.8)
    #expect(choice([.nan, .nan, 0, .nan, 1, .nan], used: 1, RouterRule(.softmaxOfAll, groups: groups)).experts == [4])
  }

  @Test("each row has a place with each of its experts, in the step's order, and threads share every feature once")
  func groups() throws {
    let (rows, used, experts) = (7, 2, 5)
    // No row is given to expert 3.
    let chosen: [Int32] = [0, 4, 1, 4, 0, 1, 2, 4, 0, 4, 1, 2, 0, 1]
    let buffer = try AlignedBuffer<Int32>(count: chosen.count)
    for (index, expert) in chosen.enumerated() { buffer[index] = expert }
    let groups = try ExpertGroups(expertCapacity: experts, assignmentCapacity: chosen.count)
    groups.group(buffer, rowCount: rows, usedCount: used, expertCount: experts)
    #expect(groups.assignmentCount == chosen.count)
    #expect((0..<experts).map { groups.places(of: $0) } == [0..<4, 4..<8, 8..<10, 10..<10, 10..<14])
    for expert in 0..<experts {
      let expected = chosen.indices.filter { Int(chosen[$0]) == expert }
      #expect(groups.places(of: expert).map { groups.row(of: $0) } == expected.map { $0 / used })
      #expect(expected.map { groups.place(of: $0) } == Array(groups.places(of: expert)))
    }
    for (features, threads) in [(16, 1), (80, 2), (176, 3), (176, 5), (16, 9), (1000, 7)] {
      var times = [[Int]](repeating: [Int](repeating: 0, count: features), count: experts)
      for thread in 0..<threads {
        groups.forEachPart(of: thread, threadCount: threads, featureCount: features, granularity: 32) {
          for feature in $1 { times[$0][feature] += 1 }
        }
      }
      for expert in 0..<experts { #expect(Set(times[expert]) == [expert == 3 ? 0 : 1], "\(features), \(threads)") }
    }
  }
}
